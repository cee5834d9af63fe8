"""When something is due. Pure: no clock, no database, no Django.

A slot is one due moment. Slots at set times, a cron expression's too, are keyed by local date and time, so that
a clock change neither repeats nor drops one: 02:30 on the night when it comes twice is one slot, and on the night
when it is left out it is due an hour later by the clock on the wall. Slots of an interval are keyed by their
moment: elapsed time is what counts. Where several fall on one moment they are one slot, which answers for all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from zlib import crc32
from zoneinfo import ZoneInfo

from backoffice.jobs import cron_expressions
from backoffice.jobs.cron_expressions import CronExpression, read_cron
from backoffice.jobs.days import EVERY_DAY, Days
from backoffice.jobs.intervals import INSTANT, Interval
from backoffice.jobs.schedules import LONGEST_MINUTES, parse_days, parse_minutes, parse_time, parse_times
from backoffice.jobs.set_times import SetTimes
from backoffice.jobs.slots import Due, Series, Slot, count_shared, due_of_interval, together

__all__ = ["EARLY", "UNREADABLE", "Days", "Due", "Slot", "Timetable", "parse_time"]

# A crontab tick may come a little before its minute. Set times keep to the clock: at 23:59:59.8 a report of
# "yesterday" would be one of the day before.
EARLY = timedelta(milliseconds=500)

# What a stored timetable that means nothing raises when it is read or asked: an unknown zone a KeyError, a folder
# ("Europe") on some systems an OSError, a country whose working days are not known any more the last one.
UNREADABLE = (ValueError, KeyError, OSError, NotImplementedError)


@dataclass(frozen=True)
class Timetable:
    """Every so many minutes, at set times of the day, or both; or as a cron expression says. On some days or on all.

    ``every_minutes`` 0 means at each look. ``times`` are full minutes. ``cron`` has five fields, and a day must fit
    both it and ``days``. Days and times are those of ``zone``. Moments that are asked about must know their zone;
    answers are in UTC.

    ``spread_minutes`` keeps jobs from starting all at once: everything is due as many minutes later, up to so many,
    as ``code``, the job's, says: always the same, so keys and order of set times stay. An interval that begins at
    once is not moved; only where it begins anew, on a day that is allowed again.
    """

    every_minutes: float | None = None
    times: tuple[time, ...] = ()
    cron: str = ""
    days: Days = EVERY_DAY
    zone: str = "UTC"
    spread_minutes: int = 0
    code: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if self.cron and (self.times or self.every_minutes is not None):
            raise ValueError("a cron expression stands alone, without an interval or set times")

    # --- Questions ---

    def next_slot(self, after: datetime, anchor: datetime | None = None) -> Slot | None:
        """The first slot after ``after``; None if none ever comes.

        An interval begins with ``anchor``, itself a slot; with the full minute of ``after`` where it is None.
        """
        anchor = _utc(anchor or self.fresh_anchor(after))
        return self._slot_from(_utc(after) - self.delay + INSTANT, anchor - self.delay)

    def next_unanswered_slot(self, since: datetime, anchor: datetime | None = None) -> Slot | None:
        """The first slot after ``since``, a time that has been answered for: what a new spread only delays is not."""
        return self.next_slot(since + self.delay if self.has_set_times else since, anchor)

    def first_slot(self, now: datetime) -> Slot | None:
        """Where a timetable that is new begins: with this minute; an interval at once."""
        anchor = self.fresh_anchor(now) - self.delay
        return self._slot_from(anchor, anchor)

    def fresh_anchor(self, now: datetime) -> datetime:
        """From where a new interval is counted: the full minute, so that a crontab's jitter does not shift it."""
        return _utc(now).replace(second=0, microsecond=0)

    def due(self, since: datetime, now: datetime, anchor: datetime | None = None) -> Due | None:
        """The slots from ``since`` to ``now``, both included; None if there is none.

        A slot of the interval counts as due up to EARLY before its moment, but not on the eve of the first day
        that is allowed again. Nor does it overtake a set time or bring one forward: what comes after the latest of
        these slots is not among them, and all before it is.
        """
        anchor = _utc(anchor or self.fresh_anchor(since)) - self.delay
        since, now = _utc(since) - self.delay, _utc(now) - self.delay
        daily = self.set_times.due(since, now)
        series = self._series(since, now, anchor, daily)
        shared = count_shared(self.set_times.slots(since, now), series) if daily and series else 0
        due = together(daily, due_of_interval(series), shared)
        return due.later(self.delay) if due else None

    def upcoming(self, after: datetime, anchor: datetime | None = None) -> Iterator[Slot]:
        """The slots after ``after``, one by one. Ends where none is left; at each look there is none to tell."""
        anchor = anchor or self.fresh_anchor(after)
        slot = None if self.is_at_each_look else self.next_slot(after, anchor)
        while slot:
            yield slot
            if slot.local_time is None:
                anchor = slot.at  # counted from the slot just before: the same slots, found sooner
            slot = self.next_slot(slot.at, anchor)

    def never_comes_due(self) -> bool:
        """Whether no day and time fits: no times and no interval, or days that no month has."""
        return self.first_slot(datetime(2024, 1, 1, tzinfo=UTC)) is None

    def allows_moment(self, moment: datetime) -> bool:
        """Whether ``moment`` falls on a day that is allowed."""
        return self._allows(moment - self.delay)

    @property
    def has_set_times(self) -> bool:
        return bool(self.times or self.cron)

    @property
    def is_at_each_look(self) -> bool:
        return self._interval is not None and not self._interval.step

    @property
    def depends_on_zone(self) -> bool:
        """Whether another zone would mean other moments."""
        return self.has_set_times or not self.days.are_all

    def key_of_another_zone(self, slot: Slot) -> str:
        """For a slot at a set time whose key was used up by the same local time of the zone that counted before."""
        return f"{slot.key}{(slot.at - self.delay).astimezone(self.tz):%z}"

    def is_same_slot(self, slot: Slot, due_at: datetime) -> bool:
        """Whether what has the key of ``slot``, and was due at ``due_at``, answered for it; a zone may have changed.

        Only a zone further west brings a local time again, and later; a spread that changed makes no second slot.
        """
        return slot.local_time is None or due_at >= slot.at - self.delay

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @cached_property
    def delay(self) -> timedelta:
        """By how much this job is later than others: full minutes, so that an anchor stays one."""
        return timedelta(minutes=crc32(self.code.encode()) % (self.spread_minutes + 1))

    # --- Without the delay ---

    def _slot_from(self, start: datetime, anchor: datetime) -> Slot | None:
        """The first slot at or after ``start``; of one moment, the slot at a set time."""
        found = [next(self.set_times.slots(start), None)]
        if self._interval:
            found.append(self._interval.slot_from(start, anchor))
        slot = min((slot for slot in found if slot), key=lambda slot: slot.at, default=None)
        return slot.later(self.delay) if slot else None

    def _series(self, since: datetime, now: datetime, anchor: datetime, daily: Due | None) -> list[Series]:
        if self._interval is None:
            return []
        until = now + EARLY if self._allows(now) else now
        overtaken = next(self.set_times.slots(now + INSTANT, until), None)
        until = overtaken.at - INSTANT if overtaken else until
        if self.is_at_each_look:
            # A set time that has come is reason enough for this look.
            looks = since <= until and not daily and self._allows(now)
            return [Series(now, now, INSTANT)] if looks else []
        return self._interval.series(since, until, anchor)

    def _allows(self, moment: datetime) -> bool:
        return self.days.are_all or self.days.allows(moment.astimezone(self.tz).date())

    @cached_property
    def _cron(self) -> CronExpression | None:
        return read_cron(self.cron) if self.cron else None

    @cached_property
    def set_times(self) -> SetTimes:
        """Those of the cron expression, too."""
        if self._cron:
            return SetTimes(self._cron.times, self.tz, self._cron_days, self._cron.comes_hourly)
        return SetTimes(tuple(sorted(set(self.times))), self.tz, self.days.starting)

    def _cron_days(self, first: date, last: date | None) -> Iterator[date]:
        days = self.days.starting(first, last, cron_expressions.HORIZON_DAYS)
        return (day for day in days if self._cron and self._cron.allows(day))

    @cached_property
    def _interval(self) -> Interval | None:
        if self.every_minutes is None:
            return None
        step = timedelta(minutes=min(self.every_minutes, LONGEST_MINUTES))
        return Interval(step, self.days, self.tz)

    # --- To and from what is stored ---

    @classmethod
    def from_schedule(cls, schedule: Any, zone: str) -> Timetable:
        """Read django-cron's ``Schedule``. Raises ValueError, in words for a developer, for what it cannot mean."""
        return cls(
            every_minutes=parse_minutes(schedule.run_every_mins),
            times=parse_times(schedule.run_at_times),
            days=Days(
                weekdays=parse_days(schedule.run_on_days, range(7), "run_on_days"),
                month_days=parse_days(schedule.run_monthly_on_days, range(1, 32), "run_monthly_on_days"),
            ),
            zone=zone,
        )

    def to_data(self) -> dict[str, Any]:
        """As JSON can hold it; what is not used is left out, and so is the code."""
        data = {
            "every_minutes": self.every_minutes,
            "times": [f"{moment:%H:%M}" for moment in self.times] or None,
            "cron": self.cron or None,
            **self.days.to_data(),
            "zone": self.zone,
            "spread_minutes": self.spread_minutes or None,
        }
        return {key: value for key, value in data.items() if value is not None}

    @classmethod
    def from_data(cls, data: dict[str, Any], code: str = "") -> Timetable:
        return cls(
            every_minutes=data.get("every_minutes"),
            times=tuple(parse_time(text) for text in data.get("times", ())),
            cron=data.get("cron", ""),
            days=Days.from_data(data),
            zone=data.get("zone", "UTC"),
            spread_minutes=data.get("spread_minutes", 0),
            code=code,
        )


def _utc(moment: datetime) -> datetime:
    """In UTC, where adding and comparing go by elapsed time."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return moment.astimezone(UTC)
