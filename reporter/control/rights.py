"""Who may see what a report tells: only they may say who else gets it. And the note of what was done."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.utils.translation import gettext as _

from reporter.datasets.rights import refused
from reporter.models import Report


def may_see(user: User | AnonymousUser, report: Report) -> bool:
    """Whether ``user`` may see the data of all sections of ``report``.

    A report that is not stored yet has none: its sections are being chosen by the same person.
    """
    if report.pk is None:
        return True
    return not refused(report, user)


def unseen(user: User | AnonymousUser, reports: Iterable[Report]) -> str:
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
