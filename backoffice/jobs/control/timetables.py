"""Giving a job a timetable in place of the one in its code, and putting an earlier one back."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from backoffice.jobs import positions, scheduler
from backoffice.jobs.control.rights import RESCHEDULE_JOB, check, note
from backoffice.jobs.models import Job, JobTimetableChange
from backoffice.jobs.models.history import TimetableChange
from backoffice.jobs.timetable import UNREADABLE, Timetable
from backoffice.jobs.told import gettext as _
from backoffice.jobs.words import describe_stored


class ChangedMeanwhile(Exception):
    """Somebody else has changed the timetable since the page was opened."""

    def __init__(self, change: TimetableChange | None) -> None:
        who = change.changed_by.get_username() if change and change.changed_by else "?"
        super().__init__(_("%(person)s has changed this timetable meanwhile. Look at it again.") % {"person": who})


def insist_on_latest(seen: int | None, latest: TimetableChange | None) -> None:
    """Raise ChangedMeanwhile unless ``seen``, a change's id or 0 for none, is that of the latest; None asks nothing."""
    if seen is not None and seen != (latest.pk if latest else 0):
        raise ChangedMeanwhile(latest)


def reschedule(
    job: Job,
    timetable: Timetable | None,
    now: datetime,
    *,
    by: User | None = None,
    reason: str = "",
    seen: int | None = None,
) -> JobTimetableChange:
    """Give ``job`` a timetable of its own; with None it goes by its code again. The next tick goes by it.

    What is due by the old one is queued first, or recorded as missed where the job cannot run. ``by`` is None for the
    command line. Raises PermissionDenied, and ChangedMeanwhile if ``seen`` is not the job's latest change.
    """
    check(by, RESCHEDULE_JOB)
    with transaction.atomic():
        row = Job.objects.select_for_update().get(pk=job.pk)
        insist_on_latest(seen, row.timetable_changes.first())
        with contextlib.suppress(*UNREADABLE):  # of which no slot can be told: the change repairs it
            _settle(row, now)
        before = row.own_timetable
        row.own_timetable = timetable.to_data() if timetable else None
        values: dict[str, Any] = {"own_timetable": row.own_timetable} | positions.changed_over(row.timetable, row, now)
        if row.claimed_at:  # a tick that has read the row before must not claim by the old one
            values["claimed_at"] = row.claimed_at + timedelta.resolution
        Job.objects.filter(pk=row.pk).update(**values)
        change = JobTimetableChange.objects.create(
            job=row, before=before, after=row.own_timetable, changed_at=now, changed_by=by, reason=reason[:255]
        )
        texts = {"before": in_words(row, before), "after": in_words(row, row.own_timetable), "reason": reason}
        note(by, row, _("Timetable: “%(before)s” became “%(after)s”. %(reason)s") % texts)
    job.refresh_from_db()
    return change


def put_back(
    job: Job,
    change: JobTimetableChange,
    now: datetime,
    *,
    by: User | None = None,
    reason: str = "",
    seen: int | None = None,
) -> JobTimetableChange:
    """Give ``job`` the timetable that it had before ``change``. Raises what ``reschedule`` raises."""
    timetable = None if change.before is None else Timetable.from_data(change.before, job.code)
    return reschedule(job, timetable, now, by=by, reason=reason, seen=seen)


def in_words(job: Job, data: dict[str, Any] | None) -> str:
    """A timetable as the row of ``job`` or of a change holds it."""
    if data is not None:
        return describe_stored(data)
    return _("as in the code: %(timetable)s") % {"timetable": describe_stored(job.timetable_data)}


def _settle(row: Job, now: datetime) -> None:
    """Nothing is missed over a change: what is due by the old timetable gets its run, or a row that says why not."""
    scheduler.tick(now, Job.objects.runnable().filter(pk=row.pk))
    row.refresh_from_db()
    if positions.has_due(row, now):
        scheduler.record_missed(row, now, _("Its timetable was changed before it could run."))
