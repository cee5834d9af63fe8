"""Starting jobs by hand."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.jobs.control.rights import RUN_JOB, check, note
from backoffice.jobs.models import Job, Run, RunTrigger


class AlreadyQueued(Exception):
    """A person has asked for ``run`` already, and it has not begun yet."""

    def __init__(self, run: Run) -> None:
        values = {"run": run, "person": run.requested_by.get_username() if run.requested_by else "?"}
        super().__init__(_("%(run)s, asked for by %(person)s, waits in the queue already.") % values)
        self.run = run


def run_now(job: Job, now: datetime, *, by: User | None = None, reason: str = "") -> Run:
    """Queue a run of ``job``, whatever its timetable says; the timetable does not move.

    ``by`` is the person who asks, None for the command line of the host. Raises PermissionDenied, and AlreadyQueued
    where a run that a person asked for waits already.
    """
    check(by, RUN_JOB)
    with transaction.atomic():
        if by is not None:
            _refuse_a_second(job)
        run = Run.objects.create(
            job=job,
            trigger=RunTrigger.PERSON if by else RunTrigger.COMMAND,
            requested_by=by,
            reason=reason[:255],
            due_at=now,
            queued_at=now,
        )
        note(by, job, _("Run now: run %(run)d. %(reason)s") % {"run": run.pk, "reason": reason})
    return run


def _refuse_a_second(job: Job) -> None:
    """Raise AlreadyQueued for the second of two who ask at once: they wait for each other at the job's row."""
    Job.objects.select_for_update().get(pk=job.pk)
    asked_for = Run.objects.queued().filter(job=job, trigger=RunTrigger.PERSON).select_related("requested_by")
    if run := asked_for.first():
        raise AlreadyQueued(run)
