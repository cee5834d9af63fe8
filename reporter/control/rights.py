"""Who may see what a report tells: only they may say who else gets it. And the note of what was done."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.utils.translation import gettext as _

from reporter.datasets import base
from reporter.models import Report


def may_see(user: AbstractBaseUser | AnonymousUser, report: Report) -> bool:
    """Whether ``user`` may see the data of all sections of ``report``.

    A dataset that is not there any more shows nothing to anybody. One query for the sections, none where they are
    prefetched. A report that is not stored yet has none: its sections are being chosen by the same person.
    """
    if report.pk is None:
        return True
    keys = {section.dataset for section in report.sections.all()}
    return all(_is_open(dataset, user) for key in keys if (dataset := base.find(key)) is not None)


def _is_open(dataset: Any, user: AbstractBaseUser | AnonymousUser) -> bool:
    """A dataset without rules of its own is open to all staff."""
    allowed_to = getattr(dataset, "allowed_to", None)
    return bool(allowed_to(user)) if allowed_to is not None else True


def unseen(user: AbstractBaseUser | AnonymousUser, reports: Iterable[Report]) -> str:
    """Why ``user`` may not give ``reports`` to others, in words; empty if they may."""
    names = [f"“{report}”" for report in reports if not may_see(user, report)]
    if not names:
        return ""
    text = _("You may not see the data of %(reports)s, so you may not say who else gets it. Ask its owner.")
    return text % {"reports": ", ".join(names)}


def check(by: User, permission: str) -> None:
    if not by.has_perm(permission):
        raise PermissionDenied


def note(by: User, row: Model, text: str) -> None:
    """Leave an entry in the history of ``row``."""
    LogEntry.objects.log_actions(by.pk, [row], CHANGE, change_message=text.strip(), single_object=True)
