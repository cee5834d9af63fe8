"""A report is sent with the rights of its owner: whether they are there, and may see what it tells."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.utils.translation import gettext as _

from reporter.datasets import base
from reporter.models import Report


def unseen(user: AbstractBaseUser | AnonymousUser, report: Report) -> list[str]:
    """The titles of those datasets of ``report`` that ``user`` may not see. One query, for the sections.

    A dataset that is not there any more shows nothing to anybody; one without rules is open to all staff.
    """
    found = (base.find(key) for key in report.sections.values_list("dataset", flat=True))
    return [str(dataset.title) for dataset in found if dataset is not None and not _is_open(dataset, user)]


def _is_open(dataset: Any, user: AbstractBaseUser | AnonymousUser) -> bool:
    allowed_to = getattr(dataset, "allowed_to", None)
    return bool(allowed_to(user)) if allowed_to is not None else True


def why_not(report: Report) -> str:
    """Why the owner's rights do not let ``report`` go out, and what to do; empty if they do."""
    owner = report.owner
    if owner is None:
        return _("The report has no owner. Give it one on its page: it goes out with the next pass.")
    if not owner.is_active:
        text = _("Its owner %(person)s is switched off. Give the report another owner: it goes out with the next pass.")
        return text % {"person": owner.get_username()}
    if titles := unseen(owner, report):
        text = _(
            "Its owner %(person)s may not see %(datasets)s. Give them the right, or the report another owner: "
            "it goes out with the next pass."
        )
        return text % {"person": owner.get_username(), "datasets": ", ".join(f"“{title}”" for title in titles)}
    return ""
