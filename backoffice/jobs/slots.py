"""Slots, the due moments of a timetable, and what a stretch of time holds of them. Pure, as timetable.py is."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple


class Slot(NamedTuple):
    """One due moment: its key, the moment in UTC and, for a set time, the local time."""

    key: str
    at: datetime
    local_time: time | None = None

    @classmethod
    def of_interval(cls, at: datetime) -> Slot:
        at = at.astimezone(UTC)
        return cls(key=at.isoformat().replace("+00:00", "Z"), at=at)

    def day(self, zone: tzinfo) -> date:
        """Its date by the clock of ``zone``; that of a set time stands in its key, as the timetable has it."""
        return date.fromisoformat(self.key[:10]) if self.local_time is not None else self.at.astimezone(zone).date()

    def later(self, delay: timedelta) -> Slot:
        """The same slot, due later; one of an interval is another, since its moment is what it is known by."""
        if not delay:
            return self
        at = self.at + delay
        return Slot.of_interval(at) if self.local_time is None else self._replace(at=at)


@dataclass(frozen=True)
class Due:
    """The slots of a stretch of time: the first, the latest, how many, and the latest of the interval."""

    first: Slot
    latest: Slot
    count: int
    interval_at: datetime | None

    def later(self, delay: timedelta) -> Due:
        interval_at = self.interval_at + delay if self.interval_at else None
        return Due(self.first.later(delay), self.latest.later(delay), self.count, interval_at)


class Series(NamedTuple):
    """Slots of an interval that follow each other without a break."""

    first: datetime
    last: datetime
    step: timedelta

    @property
    def length(self) -> int:
        return (self.last - self.first) // self.step + 1

    def has(self, at: datetime) -> bool:
        return self.first <= at <= self.last and not (at - self.first) % self.step


def due_of_interval(series: list[Series]) -> Due | None:
    if not series:
        return None
    first, last = series[0].first, series[-1].last
    return Due(Slot.of_interval(first), Slot.of_interval(last), sum(one.length for one in series), last)


def together(daily: Due | None, interval: Due | None, shared: int) -> Due | None:
    """One answer for slots at set times and of an interval; ``shared`` says how many moments they share."""
    if daily is None or interval is None:
        return daily or interval
    return Due(
        # The slot at a set time stands first: min and max prefer it to that of the interval at the same moment.
        first=min(daily.first, interval.first, key=lambda slot: slot.at),
        latest=max(daily.latest, interval.latest, key=lambda slot: slot.at),
        count=daily.count + interval.count - shared,
        interval_at=interval.interval_at,
    )


def count_shared(daily: Iterable[Slot], series: list[Series]) -> int:
    """How many slots at set times are slots of the interval, too."""
    starts = [one.first for one in series]
    places = ((bisect_right(starts, slot.at), slot.at) for slot in daily)
    return sum(place > 0 and series[place - 1].has(at) for place, at in places)
