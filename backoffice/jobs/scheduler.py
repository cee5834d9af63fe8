"""One tick: everything that is due is claimed, once, whoever else ticks at the same time.

What is claimed is queued; an executor carries it out. Nothing here waits, sleeps or runs a job.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from backoffice.jobs.models import Job, MissedPolicy, Pause, Run, RunStatus, RunTrigger
from backoffice.jobs.models.choices import TROUBLE
from backoffice.jobs.models.job import JobQuerySet
from backoffice.jobs.pauses import fell_into, pauses_of, pauses_words
from backoffice.jobs.storable import first_line
from backoffice.jobs.timetable import EARLY, UNREADABLE, Due, Timetable
from backoffice.jobs.told import gettext as _
from backoffice.jobs.told import joined

logger = logging.getLogger(__name__)

# A slot that is looked at later than this was missed: a crontab's tick comes well before.
MISSED_AFTER = timedelta(minutes=15)

# Runs of one job that may wait for their turn. A job that takes longer than its interval would pile them up for ever.
MOST_WAITING = 10


def tick(now: datetime, jobs: JobQuerySet | None = None) -> list[Run]:
    """Claim what is due at ``now``, of all jobs that the scheduler looks after or of ``jobs``.

    Returns the runs that wait in the queue now. One indexed query when nothing is due.
    """
    looked_after = Job.objects.runnable() if jobs is None else jobs
    due = looked_after.filter(problem="").unpaused(now).due(now + EARLY)
    claimed = (claim(job, now) for job in due)
    return [run for run in claimed if run]


def is_due(job: Job, now: datetime) -> bool:
    """Whether a tick at ``now`` would claim ``job``. What staff have switched off or paused is not, by name neither."""
    return _has_due(job, now) and Job.objects.filter(pk=job.pk).unpaused(now).exists()


def _has_due(job: Job, now: datetime) -> bool:
    if not job.is_enabled:
        return False
    if job.retry_at is not None:
        return job.retry_at <= now
    return _due(job, now) is not None


def claim(job: Job, now: datetime) -> Run | None:
    """Claim what is due of ``job``: its timetable moves on and a run is queued, in one transaction.

    None if nothing is due, if it is paused, if another host was quicker, or if its policy only records what was
    missed.
    """
    if not _has_due(job, now):
        return None
    due = _due(job, now)
    is_retry = job.retry_at is not None
    with transaction.atomic():
        if not _move_on(job, due, now):
            return None  # another host claimed it, or somebody has paused it
        pauses = pauses_of(job, due) if due else []
        if _is_day_off(job.timetable, now):
            if due:
                why = pauses_words(pauses) or _("Nothing ticked on a day on which it may run.")
                _record_missed(job, due, due.count, now, why)
            return None
        if due is None:
            return _retry(job, now)
        reason = first_line(pauses_words(pauses))
        if is_retry:
            return _queue(job, due, now, RunTrigger.RETRY, reason=reason, **_after_failure(job))
        if job.missed_policy == MissedPolicy.RUN_ONCE:
            return _queue(job, due, now, RunTrigger.SLOT, reason=reason)
        return _queue_and_record(job, due, now, pauses)


def _due(job: Job, now: datetime) -> Due | None:
    if job.next_slot_at is None or job.next_slot_at > now + EARLY:
        return None
    try:
        return job.timetable.due(job.next_slot_at, now, job.interval_anchor)
    except UNREADABLE:  # the others must go on; the job's state says that it is overdue
        logger.exception("%s: its timetable cannot be read", job.code)
        return None


def _is_day_off(timetable: Timetable, now: datetime) -> bool:
    """Whether today is no day for an interval on set days, as stock asks at each tick.

    A slot at a set time is made up for on the next day, too: the report of the first of the month is wanted late
    rather than never. One of many slots of an interval is not.
    """
    return not timetable.has_set_times and not timetable.allows_moment(now)


def _move_on(job: Job, due: Due | None, now: datetime) -> bool:
    """Move the timetable past what is due. False if the row is not as it was read, or the job is paused."""
    anchor, next_at = job.interval_anchor, job.next_slot_at
    if due:
        anchor = due.interval_at or anchor
        slot = job.timetable.next_slot(max(due.latest.at, now), anchor)
        next_at = slot.at if slot else None
    seen = Job.objects.unpaused(now).filter(pk=job.pk, next_due_at=job.next_due_at, claimed_at=job.claimed_at)
    return bool(
        seen.update(
            next_slot_at=next_at,
            next_due_at=next_at,
            interval_anchor=anchor,
            retry_at=None,
            claimed_at=now,
        )
    )


def record_missed(job: Job, now: datetime, why: str) -> None:
    """Leave a row for what is due of ``job`` and will not be run."""
    if due := _due(job, now):
        words = pauses_words(pauses_of(job, due))
        _record_missed(job, due, due.count, now, joined(" ", [words, why]))


def _queue(job: Job, due: Due, now: datetime, trigger: RunTrigger, **values: Any) -> Run | None:
    """Queue a run that answers for the slots of ``due``. None if the latest slot has its run already."""
    defaults: dict[str, Any] = {
        "job": job,
        "trigger": trigger,
        "slot": due.latest.key,
        "due_at": due.latest.at,
        "slots_covered": due.count,
        "covers_from": due.first.at,
        "ran_at_time": due.latest.local_time,
        "queued_at": now,
    }
    if job.waits_its_turn and Run.objects.queued().filter(job=job).count() >= MOST_WAITING:
        why = _("%(count)d runs of it wait for their turn already.") % {"count": MOST_WAITING}
        values |= {"status": RunStatus.SKIPPED, "ended_at": now, "summary": why}
    try:
        with transaction.atomic():
            return Run.objects.create(**(defaults | values))
    except IntegrityError:
        if key := _another_key(job, due):
            return _queue(job, due, now, trigger, **(values | {"slot": key}))
        # A clock that was set back brings the same slot again. At a set time it had its run; an interval goes on.
        if due.latest.local_time is None:
            return Run.objects.create(**(defaults | values | {"slot": None}))
        logger.info("%s: slot %s has had its run already", job.code, due.latest.key)
        return None


def _another_key(job: Job, due: Due) -> str | None:
    """A key for a slot that is another than the one with its key: the zone of the timetable has changed since."""
    slot, timetable = due.latest, job.timetable
    key = timetable.key_of_another_zone(slot)
    had = dict(Run.objects.filter(job=job, slot__in=[slot.key, key]).values_list("slot", "due_at"))
    is_another = slot.key in had and not timetable.is_same_slot(slot, had[slot.key])
    return key if is_another and key not in had else None


def _retry(job: Job, now: datetime) -> Run:
    values = _after_failure(job)
    failed = values["retry_of"]
    return Run.objects.create(
        job=job,
        trigger=RunTrigger.RETRY,
        due_at=job.retry_at or now,
        queued_at=now,
        ran_at_time=failed.ran_at_time if failed else None,
        **values,
    )


def _after_failure(job: Job) -> dict[str, Any]:
    """What the retry of a job's latest failure says of it; a dry run, or one that was cancelled since, is none."""
    failed = Run.objects.filter(job=job, status__in=TROUBLE, is_dry_run=False).order_by("-pk").first()
    return {"retry_of": failed, "attempt": failed.attempt + 1 if failed else 1}


def _queue_and_record(job: Job, due: Due, now: datetime, pauses: list[Pause]) -> Run | None:
    """Run the latest slot if it has only just come, and leave a row that says what was missed."""
    is_fresh = now - due.latest.at <= MISSED_AFTER and not fell_into(due.latest.at, pauses)
    missed = due.count - 1 if is_fresh else due.count
    if missed:
        why = _("Nothing ticked when it was due; recorded as missed, as the job's policy says.")
        if pauses:
            why = _("%(why)s Recorded as missed, as the job's policy says.") % {"why": pauses_words(pauses)}
        _record_missed(job, due, missed, now, why)
    return _queue(job, due, now, RunTrigger.SLOT, slots_covered=1, covers_from=due.latest.at) if is_fresh else None


def _record_missed(job: Job, due: Due, count: int, now: datetime, why: str) -> None:
    Run.objects.create(
        job=job,
        status=RunStatus.MISSED,
        trigger=RunTrigger.SLOT,
        due_at=due.first.at,
        slots_covered=count,
        covers_from=due.first.at,
        queued_at=now,
        ended_at=now,
        summary=first_line(why),
    )
