"""Starting jobs by hand, and ending what runs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.jobs import detached, lifecycle
from backoffice.jobs.control.rights import CANCEL_RUN, RUN_JOB, check, note
from backoffice.jobs.models import Job, Run, RunStatus, RunTrigger


class AlreadyQueued(Exception):
    """A person has asked for ``run`` already, and it has not begun yet."""

    def __init__(self, run: Run) -> None:
        values = {"run": run, "person": run.requested_by.get_username() if run.requested_by else "?"}
        super().__init__(_("%(run)s, asked for by %(person)s, waits in the queue already.") % values)
        self.run = run


class NoDryRun(Exception):
    """The job's class does not say that it can be tried out."""

    def __init__(self, job: Job) -> None:
        text = _("%(job)s cannot be tried out: its code does not say that it supports a dry run.")
        super().__init__(text % {"job": job})


class CannotBeCancelled(Exception):
    """The run has no process of its own that could be ended."""

    def __init__(self, run: Run) -> None:
        text = _("%(run)s runs in the process of its scheduler itself (JOBS_EXECUTOR=inline) and cannot be cancelled.")
        super().__init__(text % {"run": run})


def run_now(job: Job, now: datetime, *, by: User | None = None, reason: str = "", dry_run: bool = False) -> Run:
    """Queue a run of ``job``, whatever its timetable says; the timetable does not move.

    ``by`` is the person who asks, None for the command line of the host, which sees to it itself. For a person a
    scheduler is started that takes the run, if none lives. Raises PermissionDenied, NoDryRun, and AlreadyQueued where
    a run of that kind that a person asked for waits already.
    """
    check(by, RUN_JOB)
    if dry_run and not job.supports_dry_run:
        raise NoDryRun(job)
    text = _("Dry run: run %(run)d. %(reason)s") if dry_run else _("Run now: run %(run)d. %(reason)s")
    return _queue(job, now, by, reason, text, is_dry_run=dry_run)


def run_again(run: Run, now: datetime, *, by: User | None = None, reason: str = "") -> Run:
    """Queue a new run of the job of ``run``, which it names as the one that it repeats; a dry run stays one.

    Raises what ``run_now`` raises.
    """
    check(by, RUN_JOB)
    if run.is_dry_run and not run.job.supports_dry_run:
        raise NoDryRun(run.job)
    text = _("Run again: run %(run)d, for run %(before)d (%(state)s). %(reason)s")
    values = {"before": run.pk, "state": run.shown_status.label}
    return _queue(run.job, now, by, reason, text, values, is_dry_run=run.is_dry_run, retry_of=run)


def cancel(run: Run, now: datetime, *, by: User | None = None, reason: str = "") -> bool:
    """End ``run``: one that waits at once; one that goes on is asked to stop by its supervisor, then killed.

    True if it was cancelled or will be, also where somebody has asked for that before; False if it has ended already.
    Raises PermissionDenied, and CannotBeCancelled.
    """
    check(by, CANCEL_RUN)
    found = Run.objects.select_related("job", "lease").get(pk=run.pk)
    before = found.shown_status
    values = {"cancel_requested_at": now, "cancel_requested_by": by, "cancel_reason": reason[:255]}
    with transaction.atomic():
        is_new = lifecycle.cancel_queued(found, **values) or _ask_to_stop(found, values)
        if is_new:
            text = _("Cancelled run %(run)d, which was %(before)s. %(reason)s")
            note(by, run.job, text % {"run": run.pk, "before": before.label, "reason": reason})
    return is_new or (before == RunStatus.RUNNING and Run.objects.filter(pk=run.pk).being_cancelled().exists())


def _ask_to_stop(run: Run, values: dict[str, Any]) -> bool:
    """Leave the wish where the supervisor reads it. False if it is there already, or if nobody runs it any more."""
    if run.status == RunStatus.QUEUED:  # it was when it was read, and has begun since
        run = Run.objects.select_related("job", "lease").get(pk=run.pk)
    if run.shown_status != RunStatus.RUNNING:
        return False
    if run.lease.pid == run.pid:
        raise CannotBeCancelled(run)
    running = Run.objects.filter(pk=run.pk, status=RunStatus.RUNNING, cancel_requested_at=None)
    return bool(running.update(**values))


def _queue(
    job: Job, now: datetime, by: User | None, reason: str, text: str, texts: dict[str, Any] | None = None, **values: Any
) -> Run:
    with transaction.atomic():
        if by is not None:
            _refuse_a_second(job, values["is_dry_run"])
        run = Run.objects.create(
            job=job,
            trigger=RunTrigger.PERSON if by else RunTrigger.COMMAND,
            requested_by=by,
            reason=reason[:255],
            due_at=now,
            queued_at=now,
            **values,
        )
        note(by, job, text % {"run": run.pk, "reason": reason, **(texts or {})})
        if by is not None:
            # Robust: the run is queued all the same, and any scheduler takes it.
            transaction.on_commit(detached.see_to_the_queue, robust=True)
    return run


def _refuse_a_second(job: Job, is_dry_run: bool) -> None:
    """Raise AlreadyQueued for the second of two who ask at once: they wait for each other at the job's row."""
    Job.objects.select_for_update().get(pk=job.pk)
    asked_for = Run.objects.queued().filter(job=job, trigger=RunTrigger.PERSON, is_dry_run=is_dry_run)
    if run := asked_for.select_related("requested_by").first():
        raise AlreadyQueued(run)
