"""Every change of a run's state; each is one transaction, and each checks that it is still ours to make.

queued → running → succeeded, failed, cancelled, interrupted; queued → skipped. The table of allowed changes is
ALLOWED_CHANGES. A run that was taken over belongs to somebody else: its former holder writes nothing.
"""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django_cron.models import CronJobLog

from backoffice.jobs.clock import lease_clock
from backoffice.jobs.models import Job, Lease, Run, RunStatus
from backoffice.jobs.models.choices import ALLOWED_CHANGES, LOGGED, TROUBLE
from backoffice.jobs.models.job import MAX_CODE_LENGTH
from backoffice.jobs.storable import first_line, storable

logger = logging.getLogger(__name__)
django_cron_logger = logging.getLogger("django_cron")


class IllegalChange(Exception):
    """A run was to go from a state to one that does not follow it."""


@dataclass(frozen=True)
class Outcome:
    """How a run ended, and what there is to say about it."""

    status: RunStatus
    message: str = ""
    summary: str = ""  # what a list shows; the first line of the message where nothing better is known
    is_ctrl_c: bool = False


@dataclass(frozen=True)
class Holder:
    """Who carries a run out: the supervisor's process here, and the process that runs the job."""

    host: str
    supervisor_pid: int
    pid: int


def start(run: Run, holder: Holder) -> bool:
    """Take the lease for a queued run and mark it running; ``run.token`` is the proof of it.

    False if another supervisor was quicker, or if the job is running already: then the run is skipped and says
    who runs it. An expired lease counts as free: what it stood for is recorded as interrupted first.
    """
    key = Lease.key_of(run)
    token = uuid.uuid4()
    interrupt_stale(job=run.job)
    with transaction.atomic():
        if not Lease.objects.take(key, job=run.job, run=run, token=token, host=holder.host, pid=holder.supervisor_pid):
            _skip(run, _still_running(key))
            return False
        if not _change(
            run,
            RunStatus.QUEUED,
            RunStatus.RUNNING,
            started_at=timezone.now(),
            host=holder.host,
            pid=holder.pid,
            token=token,
        ):
            transaction.set_rollback(True)  # gives the lease back
            return False
    return True


def finish(run: Run, outcome: Outcome) -> bool:
    """Write how a running run ended: the run, its log, the job's summary and the lease, in one transaction.

    False if the lease is not ours any more: then nothing is written.
    """
    message = storable(outcome.message)
    summary = first_line(storable(outcome.summary) or message)
    ended_at = max(timezone.now(), run.started_at or timezone.now())
    with transaction.atomic():
        if run.token is None or not Lease.objects.free(run.token):
            return False
        if not _change(run, RunStatus.RUNNING, outcome.status, ended_at=ended_at, summary=summary):
            transaction.set_rollback(True)
            return False
        _record(run, outcome.status, message)
    level = logging.WARNING if outcome.status in TROUBLE else logging.INFO
    logger.log(level, "%s: run %s %s: %s", run.job.code, run.pk, outcome.status.value, summary)
    if outcome.status == RunStatus.FAILED:
        _output_error(run, message)
    return True


def interrupt_stale(job: Job | None = None) -> list[Run]:
    """Correct the runs whose supervisor is gone: interrupted, logged, the lock free. Returns them."""
    stale = Run.objects.stale(lease_clock()).select_related("job")
    if job is not None:
        stale = stale.filter(job=job)
    return [run for run in stale if _interrupt(run)]


def take_away(lease: Lease, reason: str) -> bool:
    """Free a held lease though its holder may live, and record its run as interrupted for ``reason``.

    The run's token is gone with that: its supervisor can write nothing any more, and ends its process when it is
    to give the next sign of life. False if the lease is not held by the same token any more.
    """
    with transaction.atomic():
        if lease.token is None or not Lease.objects.free(lease.token):
            return False
        return lease.run is None or _record_interrupted(lease.run, reason)


def _interrupt(run: Run) -> bool:
    """Interrupt one run, unless its supervisor gave a sign of life meanwhile."""
    with transaction.atomic():
        mine = Lease.objects.filter(token=run.token)
        if mine.exists() and not mine.expired(lease_clock()).free_all():
            return False
        message = _(
            "Interrupted: its supervisor on %(host)s gave no sign of life any more. The job may have done a part."
        ) % {"host": run.host}
        return _record_interrupted(run, message)


def skip(run: Run, reason: str) -> bool:
    """Record that a queued run will not take place, and why. A skip is not a failure and leaves no log."""
    with transaction.atomic():
        return _skip(run, reason)


def abandon_start(run: Run, reason: str) -> bool:
    """Record that a started run did not take place after all: another lock backend holds the job."""
    with transaction.atomic():
        if run.token is None or not Lease.objects.free(run.token):
            return False
        values = {"ended_at": timezone.now(), "summary": first_line(storable(reason))}
        return _change(run, RunStatus.RUNNING, RunStatus.SKIPPED, **values)


def cancel_queued(run: Run, reason: str, **values: Any) -> bool:
    """End a run that has not begun: it leaves no log. False if it is not in the queue any more."""
    if run.status != RunStatus.QUEUED:
        return False
    with transaction.atomic():
        values |= {"ended_at": timezone.now(), "summary": first_line(storable(reason))}
        if not _change(run, RunStatus.QUEUED, RunStatus.CANCELLED, **values):
            return False
    logger.info("%s: run %s was taken out of the queue: %s", run.job.code, run.pk, run.summary)
    return True


def fail_queued(run: Run, reason: str) -> bool:
    """Record that a queued run cannot be carried out at all, with a log: somebody has to look at it."""
    now = timezone.now()
    message = storable(reason)
    with transaction.atomic():
        values = {"started_at": now, "ended_at": now, "summary": first_line(message)}
        if not _change(run, RunStatus.QUEUED, RunStatus.FAILED, **values):
            return False
        _record(run, RunStatus.FAILED, message)
    return True


# --- Parts of the above, inside their transactions ------------------------------------------------------


def _change(run: Run, old: RunStatus, new: RunStatus, **values: Any) -> bool:
    """Change the state by one conditional UPDATE; False if the run is not, or is no longer ours, in ``old``."""
    if new not in ALLOWED_CHANGES.get(old, ()):
        raise IllegalChange(f"A run cannot go from {old} to {new}.")
    if not Run.objects.filter(pk=run.pk, status=old, token=run.token).update(status=new, **values):
        return False
    run.status = new
    for name, value in values.items():
        setattr(run, name, value)
    return True


def _skip(run: Run, reason: str) -> bool:
    values = {"ended_at": timezone.now(), "summary": first_line(storable(reason))}
    return _change(run, RunStatus.QUEUED, RunStatus.SKIPPED, **values)


def _record_interrupted(run: Run, reason: str) -> bool:
    """The end of a run whose lease has just been freed; False, and the lease stays as it was, if it has ended."""
    message = storable(reason)
    values = {"ended_at": timezone.now(), "summary": first_line(message)}
    if not _change(run, RunStatus.RUNNING, RunStatus.INTERRUPTED, **values):
        transaction.set_rollback(True)
        return False
    _record(run, RunStatus.INTERRUPTED, message)
    logger.warning("%s: run %s was interrupted on %s", run.job.code, run.pk, run.host)
    return True


def _still_running(key: str) -> str:
    lease = Lease.objects.filter(key=key).first()
    if lease is None or lease.acquired_at is None or lease.token is None:
        return _("still running")
    return _("still running since %(time)s on %(host)s") % {
        "time": timezone.localtime(lease.acquired_at).strftime("%Y-%m-%d %H:%M:%S"),
        "host": lease.host,
    }


def _record(run: Run, status: RunStatus, message: str) -> None:
    """The log row and the job's summary of a run that has just ended."""
    if status not in LOGGED:
        return
    is_success = status == RunStatus.SUCCEEDED
    log = CronJobLog.objects.create(
        # The stand-in of a class that does not load has its path for a code.
        code=run.job.code[:MAX_CODE_LENGTH],
        start_time=run.started_at,
        end_time=run.ended_at,
        is_success=is_success,
        message=f"{message}\n" if message else "",  # stock ends each message so
        ran_at_time=run.ran_at_time,
    )
    Run.objects.filter(pk=run.pk).update(log=log)
    run.log = log
    summary: dict[str, Any] = {"last_run": run, "failures_in_a_row": 0 if is_success else F("failures_in_a_row") + 1}
    if is_success:
        # Whoever started it: what a retry was to put right is done.
        summary |= {"last_success_at": run.started_at, "retry_at": None, "next_due_at": F("next_slot_at")}
    rows = Job.objects.filter(pk=run.job_id)
    rows.update(**summary)
    if status != RunStatus.CANCELLED and not is_success and run.job.retry_minutes and run.started_at:
        # As in stock: no attempt before that moment, one with the first tick after it.
        retry_at = run.started_at + timedelta(minutes=run.job.retry_minutes)
        rows.update(retry_at=retry_at, next_due_at=retry_at)


def _output_error(run: Run, message: str) -> None:
    if getattr(settings, "DJANGO_CRON_OUTPUT_ERRORS", False):
        django_cron_logger.error("%s cronjob error:\n%s", run.job.code, message)
