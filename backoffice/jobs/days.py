"""On which days a timetable may come due. Pure: no clock, no database, no Django."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from backoffice.jobs.workdays import is_working_day

ONE_DAY = timedelta(days=1)

# Further than this no day is looked for: day 31 on a Monday comes up well within four years.
HORIZON_DAYS = 4 * 366


@dataclass(frozen=True)
class Days:
    """Days that must fit everything that is given here; None, "" and False mean that nothing is.

    ``weekdays`` count from Monday as 0. A day of the month fits where it is in ``month_days`` or, with
    ``last_day``, the last one. ``country`` is the ISO code of the one whose working days are meant, with
    ``subdivision`` for the holidays of a part of it. ``first`` and ``last`` are included.
    """

    weekdays: frozenset[int] | None = None
    month_days: frozenset[int] | None = None
    last_day: bool = False
    country: str = ""
    subdivision: str = ""
    first: date | None = None
    last: date | None = None

    def allows(self, day: date) -> bool:
        return (
            (self.weekdays is None or day.weekday() in self.weekdays)
            and (self.first is None or self.first <= day)
            and (self.last is None or day <= self.last)
            and self._allows_day_of_month(day)
            and (not self.country or is_working_day(day, self.country, self.subdivision))
        )

    def _allows_day_of_month(self, day: date) -> bool:
        if self.month_days is None and not self.last_day:
            return True
        if self.month_days is not None and day.day in self.month_days:
            return True
        return self.last_day and day.day == monthrange(day.year, day.month)[1]

    @property
    def are_all(self) -> bool:
        """Whether there is no day that is not allowed."""
        return self.recur_daily and self.first is None and self.last is None

    @property
    def recur_daily(self) -> bool:
        """Whether every day between the first and the last is allowed."""
        return (
            (self.weekdays is None or self.weekdays.issuperset(range(7)))
            and ((self.month_days is None and not self.last_day) or (self.month_days or set()).issuperset(range(1, 32)))
            and not self.country
        )

    def starting(self, first: date, last: date | None = None, horizon: int = HORIZON_DAYS) -> Iterator[date]:
        """The days from ``first`` to ``last`` that are allowed; without ``last``, as far as the horizon."""
        start = max(first, self.first or first)
        end = last or _later(start, horizon)
        return (day for day in _days(start, min(end, self.last or end)) if self.allows(day))

    def next_gap(self, after: date) -> date | None:
        """The first day after ``after`` that is not allowed; None if there is none before the horizon."""
        if self.recur_daily and (self.first is None or self.first <= after):
            return self.last + ONE_DAY if self.last and self.last < date.max else None
        days = _days(after + ONE_DAY, _later(after, HORIZON_DAYS))
        return next((day for day in days if not self.allows(day)), None)

    # --- To and from what is stored ---

    def to_data(self) -> dict[str, Any]:
        """As JSON can hold it; what is not used is left out."""
        data = {
            "weekdays": None if self.weekdays is None else sorted(self.weekdays),
            "month_days": None if self.month_days is None else sorted(self.month_days),
            "last_day": self.last_day or None,
            "country": self.country or None,
            "subdivision": self.subdivision or None,
            "first_date": self.first and self.first.isoformat(),
            "last_date": self.last and self.last.isoformat(),
        }
        return {key: value for key, value in data.items() if value is not None}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Days:
        return cls(
            weekdays=None if data.get("weekdays") is None else frozenset(data["weekdays"]),
            month_days=None if data.get("month_days") is None else frozenset(data["month_days"]),
            last_day=data.get("last_day", False),
            country=data.get("country", ""),
            subdivision=data.get("subdivision", ""),
            first=date.fromisoformat(data["first_date"]) if data.get("first_date") else None,
            last=date.fromisoformat(data["last_date"]) if data.get("last_date") else None,
        )


EVERY_DAY = Days()


def _later(day: date, number: int) -> date:
    """So many days later, or the last day that a calendar has."""
    return day + timedelta(days=min(number, (date.max - day).days))


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))
