"""Who may see what a report tells: only they may say who else gets it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from reporter.datasets import base
from reporter.models import Report


def may_see(user: AbstractBaseUser | AnonymousUser, report: Report) -> bool:
    """Whether ``user`` may see the data of all sections of ``report``.

    A dataset that is not there any more shows nothing to anybody. One query for the sections.
    """
    keys = report.sections.values_list("dataset", flat=True)
    return all(_is_open(dataset, user) for key in keys if (dataset := base.find(key)) is not None)


def _is_open(dataset: Any, user: AbstractBaseUser | AnonymousUser) -> bool:
    """A dataset without rules of its own is open to all staff."""
    allowed_to = getattr(dataset, "allowed_to", None)
    return bool(allowed_to(user)) if allowed_to is not None else True
