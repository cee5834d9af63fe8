"""Slots of an interval: every so many minutes of elapsed time, on days that are allowed. Pure, as timetable.py is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from backoffice.jobs.days import ONE_DAY, Days
from backoffice.jobs.slots import Series, Slot

INSTANT = timedelta.resolution


@dataclass(frozen=True)
class Interval:
    """``step`` lies between two slots; where it is nothing they come at each look."""

    step: timedelta
    days: Days
    zone: ZoneInfo

    def slot_from(self, start: datetime, anchor: datetime) -> Slot | None:
        """The first slot at or after ``start``."""
        if not self.step:
            return self._look_from(start)
        with suppress(OverflowError):  # past the last year that a calendar has
            for opens, closes in self._stretches(anchor):
                at = opens + max(0, _steps_up(start - opens, self.step)) * self.step
                if closes is None or at < closes:
                    return Slot.of_interval(at)
        return None

    def series(self, since: datetime, until: datetime, anchor: datetime) -> list[Series]:
        """The slots from ``since`` to ``until``, both included."""
        step, found = self.step, list[Series]()
        with suppress(OverflowError):  # past the last year that a calendar has
            for opens, closes in self._stretches(anchor):
                if opens > until:
                    break
                end = min(until, closes - INSTANT) if closes else until
                first, last = max(0, _steps_up(since - opens, step)), (end - opens) // step
                if first <= last:
                    found.append(Series(opens + first * step, opens + last * step, step))
        return found

    def _look_from(self, start: datetime) -> Slot | None:
        day = self._day(start)
        at = start if self.days.allows(day) else self._reopens(day)
        return Slot.of_interval(at) if at else None

    def _stretches(self, anchor: datetime) -> Iterator[tuple[datetime, datetime | None]]:
        """Stretches of slots that follow each other by ``step``: (first slot, end or None for open).

        After days that are not allowed the interval begins anew at midnight, as stock django-cron's does
        with the first tick of an allowed day.
        """
        start: datetime | None = anchor
        while start:
            day = self._day(start)
            if self.days.allows(day):
                gap = self.days.next_gap(day)
                end = self._midnight(gap) if gap else None
                yield start, end
                if end is None:
                    return
                start += _steps_up(end - start, self.step) * self.step
            else:
                start = self._reopens(day)

    def _reopens(self, day: date) -> datetime | None:
        """Where the first allowed day after ``day`` begins."""
        opens = next(self.days.starting(day + ONE_DAY), None)
        return self._midnight(opens) if opens else None

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time.min, tzinfo=self.zone).astimezone(UTC)


def _steps_up(distance: timedelta, step: timedelta) -> int:
    """How many steps cover ``distance``. Exact, unlike a quotient of floats."""
    return -(-distance // step)
