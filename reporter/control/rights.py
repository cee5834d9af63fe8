"""Who may see what a report tells: only they may say who else gets it."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
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


def check_sight(by: User, report: Report) -> None:
    """Raise PermissionDenied unless ``by`` may see the data of ``report``."""
    if titles := refused(report, by):
        raise PermissionDenied(_("You may not see the data of %(datasets)s.") % {"datasets": ", ".join(titles)})
