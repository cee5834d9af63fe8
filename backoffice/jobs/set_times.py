"""Slots at set times of the day. Pure, as timetable.py is.

A time that the clock leaves out is later by as much as the clock is put forward, and one that it shows twice is
the first of the two. Where the times cover every hour, as in ``*/10 * * * *``, elapsed time is what people mean:
an hour that comes twice has its slots twice, the second time with the distance from UTC in their keys.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from typing import overload
from zoneinfo import ZoneInfo

from backoffice.jobs.slots import Due, Slot

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class SetTimes:
    """``days(first, last)`` gives the days between, or all to come where there is no last. ``comes_hourly`` tells
    that hours that come twice count twice."""

    times: tuple[time, ...]  # in order, no two alike
    zone: ZoneInfo
    days: Callable[[date, date | None], Iterator[date]]
    comes_hourly: bool = False

    def slots(self, start: datetime, until: datetime | None = None) -> Iterator[Slot]:
        """From ``start`` to ``until``, both included, in order, no two of one moment."""
        return chain.from_iterable(self._stretches(start, until))

    def due(self, since: datetime, until: datetime) -> Due | None:
        """What the slots from ``since`` to ``until`` come to. Counts days that have nothing odd without a look."""
        stretches = [stretch for stretch in self._stretches(since, until) if stretch]
        if not stretches:
            return None
        return Due(stretches[0][0], stretches[-1][-1], sum(map(len, stretches)), None)

    def moment(self, day: date, local_time: time) -> datetime:
        return datetime.combine(day, local_time, tzinfo=self.zone).astimezone(UTC)

    def _stretches(self, start: datetime, until: datetime | None) -> Iterator[Sequence[Slot]]:
        """Slots that follow each other, in order; the days on which the clock is changed one by one."""
        if not self.times:
            return
        # From the day before on: a clock that goes forward before midnight moves a slot into the next day.
        first_day = start.astimezone(self.zone).date() - ONE_DAY
        last_day = until.astimezone(self.zone).date() if until else None
        moved: dict[datetime, Slot] = {}
        for day in self.days(first_day, last_day):
            opens, closes = self.moment(day, time.min), self.moment(day + ONE_DAY, time.min)
            if closes - opens == ONE_DAY and not moved:
                yield _PlainDay.between(day, opens, self.times, start, until)
                continue
            moved |= self._slots_by_moment(day)
            yield _within(start, until, [moved.pop(at) for at in sorted(moved) if at < closes])
        yield _within(start, until, [moved[at] for at in sorted(moved)])

    def _slots_by_moment(self, day: date) -> dict[datetime, Slot]:
        """Of two times that share a moment, the later has its true local time."""
        return {slot.at: slot for local_time in self.times for slot in self._slots_at(day, local_time)}

    def _slots_at(self, day: date, local_time: time) -> Iterator[Slot]:
        key = _key(day, local_time)
        at, again = (self.moment(day, local_time.replace(fold=fold)) for fold in (0, 1))
        yield Slot(key, at, local_time)
        if self.comes_hourly and again > at:
            yield Slot(f"{key}{again.astimezone(self.zone):%z}", again, local_time)


@dataclass(frozen=True)
class _PlainDay(Sequence[Slot]):
    """Slots of a day without a clock change, made when they are looked at: every minute's are 1,440."""

    day: date
    opens: datetime
    times: Sequence[time]

    @classmethod
    def between(
        cls, day: date, opens: datetime, times: tuple[time, ...], start: datetime, until: datetime | None
    ) -> _PlainDay:
        first = bisect_left(times, start - opens, key=_since_midnight) if start > opens else 0
        last = bisect_right(times, until - opens, key=_since_midnight) if until else len(times)
        return cls(day, opens, times[first:last])

    def __len__(self) -> int:
        return len(self.times)

    @overload
    def __getitem__(self, place: int) -> Slot: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Slot]: ...
    def __getitem__(self, place: int | slice) -> Slot | Sequence[Slot]:
        if isinstance(place, slice):
            return _PlainDay(self.day, self.opens, self.times[place])
        local_time = self.times[place]
        return Slot(_key(self.day, local_time), self.opens + _since_midnight(local_time), local_time)


def _key(day: date, local_time: time) -> str:
    return f"{day.isoformat()}T{local_time:%H:%M}"


def _since_midnight(local_time: time) -> timedelta:
    return timedelta(hours=local_time.hour, minutes=local_time.minute)


def _within(start: datetime, until: datetime | None, slots: Iterable[Slot]) -> list[Slot]:
    return [slot for slot in slots if start <= slot.at and (until is None or slot.at <= until)]
