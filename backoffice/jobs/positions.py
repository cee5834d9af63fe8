"""Where a job's timetable stands: from where it is counted when a job is new, changed, or its clock was set back.

Each function gives the columns of the Job row.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django_cron.models import CronJobLog

from backoffice.jobs.clock import CLOCK_TOLERANCE
from backoffice.jobs.models.job import Job
from backoffice.jobs.timetable import Timetable


def beginning(code: str, timetable: Timetable, now: datetime) -> dict[str, Any]:
    """Where a job that is new here begins: after its last log, if stock django-cron ran it before."""
    last = CronJobLog.objects.filter(code=code).order_by("-start_time").first()
    return _position(timetable, _stood_for(last, timetable) if last else now, now)


def _stood_for(log: CronJobLog, timetable: Timetable) -> datetime:
    """The moment that a run of stock's answered for: its set time, which may have been hours before its start."""
    started: datetime = log.start_time
    if log.ran_at_time is None or timetable.every_minutes is not None:
        return started
    set_time = datetime.combine(started.astimezone(timetable.tz).date(), log.ran_at_time, tzinfo=timetable.tz)
    return set_time if set_time <= started else set_time - timedelta(days=1)


def _position(timetable: Timetable, since: datetime, now: datetime) -> dict[str, Any]:
    """Columns for a timetable that is counted from ``since``: the last run, or now for one that never ran."""
    anchor = timetable.fresh_anchor(since)
    slot = timetable.first_slot(now) if since >= now else timetable.next_slot(since, anchor)
    at = slot.at if slot else None
    return {"interval_anchor": anchor, "next_slot_at": at, "next_due_at": at, "retry_at": None, "claimed_at": now}


def has_due(job: Job, now: datetime) -> bool:
    is_waiting = job.next_due_at is not None and job.next_due_at <= now
    return is_waiting and job.is_enabled and job.is_listed and not job.timetable.is_at_each_look


def changed_over(timetable: Timetable, job: Job, now: datetime) -> dict[str, Any]:
    """Columns for a job whose timetable was changed: an interval counts from its last run, set times from now.

    So hosts of which one has the old code and one the new may change it to and fro without a run too many.
    """
    since = min(job.claimed_at or now, now)
    anchor = timetable.fresh_anchor(since)
    slot = timetable.next_unanswered_slot(since, anchor)
    if slot and slot.at <= now and slot.local_time:
        slot = timetable.next_slot(now, anchor)
    elif slot and slot.at <= now:
        slot, anchor = timetable.first_slot(now), timetable.fresh_anchor(now)
    at = slot.at if slot else None
    return {"interval_anchor": anchor, "next_slot_at": at, "next_due_at": job.retry_at or at}


def clock_went_back(job: Job, now: datetime) -> bool:
    return job.claimed_at is not None and job.claimed_at > now + CLOCK_TOLERANCE


def after_set_back(job: Job, now: datetime) -> dict[str, Any]:
    """The clock was wrong and is right again: go on within one interval, and not before what is due anyway."""
    timetable = job.timetable
    anchor = timetable.fresh_anchor(now) + timedelta(minutes=timetable.every_minutes or 0)
    slot = timetable.next_slot(now, anchor)
    moments = [moment for moment in (slot and slot.at, job.next_slot_at) if moment]
    at = min(moments, default=None)
    return {
        "interval_anchor": anchor,
        "next_slot_at": at,
        "next_due_at": at,
        "retry_at": None,
        "claimed_at": now,
    }
