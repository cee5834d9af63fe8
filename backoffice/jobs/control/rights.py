"""Who may do what to jobs, and the note that it was done."""

from __future__ import annotations

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.utils.translation import gettext as _

RUN_JOB = "jobs.run_job"
CHANGE_JOB = "jobs.change_job"
PAUSE_JOB = "jobs.pause_job"
CANCEL_RUN = "jobs.cancel_run"
CLEAR_LOCK = "jobs.clear_lock"
FORCE_CLEAR_LOCK = "jobs.force_clear_lock"
EXPORT_LOG = "jobs.export_log"
RESCHEDULE_JOB = "jobs.reschedule_job"


def check(by: User | None, permission: str) -> None:
    if by is not None and not by.has_perm(permission):
        raise PermissionDenied


def note(by: User | None, what: Model, text: str) -> None:
    """Leave an entry in the history of ``what``, which is one of people: the command line leaves none."""
    if by is not None:
        LogEntry.objects.log_actions(by.pk, [what], CHANGE, change_message=text.strip(), single_object=True)


def name_of(by: User | None) -> str:
    return by.get_username() if by else _("the command line")
