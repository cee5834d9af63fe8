"""Who may do what with reports, and the note that it was done."""

from __future__ import annotations

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.utils.translation import gettext as _

from reporter import owners
from reporter.models import Report

SEND = "reporter.send_report"
PREVIEW = "reporter.preview_report"
TEST = "reporter.test_report"
BACKFILL = "reporter.backfill_report"
CORRECT = "reporter.correct_edition"
HOLD = "reporter.hold_edition"
APPROVE = "reporter.approve_edition"
RESEND = "reporter.resend_delivery"
EXPORT = "reporter.export_deliveries"


def check(user: User, permission: str) -> None:
    """Raise PermissionDenied unless ``user`` has it."""
    if not user.has_perm(permission):
        raise PermissionDenied


def check_sight(user: User, report: Report) -> None:
    """Raise PermissionDenied unless ``user`` may see the data of ``report``."""
    if titles := owners.unseen(user, report):
        raise PermissionDenied(_("You may not see the data of %(datasets)s.") % {"datasets": ", ".join(titles)})


def note(user: User, row: Model, text: str) -> None:
    """Leave an entry in the history of ``row``."""
    LogEntry.objects.log_actions(user.pk, [row], CHANGE, change_message=text.strip(), single_object=True)
