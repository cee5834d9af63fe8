"""Every change of a run's state; each is one transaction, and each checks that it is still ours to make.

queued → running → succeeded, failed, cancelled, interrupted; queued → skipped, cancelled. The table of allowed
changes is ALLOWED_CHANGES. A run that was taken over belongs to somebody else: its former holder writes nothing.
"""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from backoffice.jobs.clock import lease_clock
from backoffice.jobs.models import Job, Lease, Run, RunOutput, RunStatus
from backoffice.jobs.models.choices import ALLOWED_CHANGES, TROUBLE
from backoffice.jobs.progress import Progress
from backoffice.jobs.records import record
from backoffice.jobs.storable import first_line, storable
from backoffice.jobs.told import gettext as _

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
class News:
    """What a run has told since the last time: output, the position of that among the run's chunks, and progress."""

    text: str
    position: int
    progress: Progress


@dataclass(frozen=True)
class Holder:
    """Who carries a run out: the supervisor's process here, and the process that runs the job."""

    host: str
    supervisor_pid: int
    pid: int


def start(run: Run, holder: Holder) -> bool:
    """Take the lease for a queued run and mark it running; ``run.token`` is the proof of it.

    False if another supervisor was quicker, or if the job is running already: then the run goes on waiting, as its
    ``waits_its_turn`` says, or is skipped and says who runs it. An expired lease counts as free: what it stood for is
    recorded as interrupted first.
    """
    key = Lease.key_of(run)
    token = uuid.uuid4()
    interrupt_stale(job=run.job)
    with transaction.atomic():
        if not Lease.objects.take(key, job=run.job, run=run, token=token, host=holder.host, pid=holder.supervisor_pid):
            if not run.waits_its_turn:
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


def tell(run: Run, news: News) -> bool:
    """Write what a running run has told. False if it is not ours any more: then nothing is written."""
    with transaction.atomic():
        # The row is locked by that: who takes the run away meanwhile has to wait, or has been before us.
        if not Run.objects.filter(pk=run.pk, status=RunStatus.RUNNING, token=run.token).update(**_columns(news)):
            return False
        _write_output(run, news)
    return True


def finish(run: Run, outcome: Outcome, news: News | None = None) -> bool:
    """Write how a running run ended: the run, its log, the job's summary and the lease, in one transaction.

    With ``news``, the last of what it told. False if the lease is not ours any more: then nothing is written.
    """
    message = storable(outcome.message)
    summary = first_line(storable(outcome.summary) or message)
    if run.is_dry_run:
        summary = first_line(_("Dry run: %(text)s") % {"text": summary})
        message = f"{summary}\n{message}"
    ended_at = max(timezone.now(), run.started_at or timezone.now())
    with transaction.atomic():
        if run.token is None or not Lease.objects.free(run.token):
            return False
        values = {"ended_at": ended_at, "summary": summary} | (_columns(news) if news else {})
        if not _change(run, RunStatus.RUNNING, outcome.status, **values):
            transaction.set_rollback(True)
            return False
        if news:
            _write_output(run, news)
        record(run, outcome.status, message)
    level = logging.WARNING if outcome.status in TROUBLE else logging.INFO
    what = ": ".join(filter(None, (outcome.status.value, summary)))
    logger.log(level, "%s: run %s %s", run.job.code, run.pk, what)
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


def cancelled_words(run: Run) -> str:
    """By whom, and why, as its ``cancel_…`` columns say."""
    by = run.cancel_requested_by
    values = {"person": by.get_username() if by else _("the command line"), "reason": run.cancel_reason}
    return storable(_("Cancelled by %(person)s. %(reason)s") % values)


def cancel_queued(run: Run, **values: Any) -> bool:
    """End a run that has not begun: it leaves no log. False if it is not in the queue any more.

    ``values`` are its ``cancel_…`` columns.
    """
    text = cancelled_words(Run(**values))
    with transaction.atomic():
        values |= {"ended_at": timezone.now(), "summary": first_line(text)}
        if run.token or not _change(run, RunStatus.QUEUED, RunStatus.CANCELLED, **values):
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
        record(run, RunStatus.FAILED, message)
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
    record(run, RunStatus.INTERRUPTED, message)
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


def _columns(news: News) -> dict[str, Any]:
    done, total, what = news.progress
    return {"progress_done": done, "progress_total": total, "progress_what": what}


def _write_output(run: Run, news: News) -> None:
    if news.text:
        RunOutput.objects.create(run=run, position=news.position, text=news.text)


def _output_error(run: Run, message: str) -> None:
    if getattr(settings, "DJANGO_CRON_OUTPUT_ERRORS", False):
        django_cron_logger.error("%s cronjob error:\n%s", run.job.code, message)
