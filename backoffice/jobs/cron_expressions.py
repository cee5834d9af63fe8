"""Cron expressions of five fields: what they mean is read by cronsim, and kept as days and times of the day.

Where the clock is changed they follow the rules of set times (see set_times.py) rather than cronsim's, which
follows Debian: there ``0 */2 * * *`` leaves out 02:00 in spring and runs it twice in autumn.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache

from cronsim import CronSim, CronSimError

from backoffice.jobs.days import Days

FIELDS = ("minute", "hour", "day of the month", "month", "day of the week")

LONGEST = 255

# The day of the leap year that is a Monday comes back after 40 years where a century leaves one out.
HORIZON_DAYS = 41 * 366

_ANY_TIME = datetime(2024, 1, 1)  # noqa: DTZ001  cronsim wants one; only what it reads is used


class CronError(ValueError):
    """What cannot be read: the index of the field in FIELDS; None where it is the number of fields or no day fits."""

    def __init__(self, field: int | None, fields: int, text: str) -> None:
        super().__init__(f"{text!r} is not a cron expression such as '30 8 * * MON-FRI'")
        self.field, self.fields = field, fields


@dataclass(frozen=True)
class CronExpression:
    """``text`` as it was read. ``comes_hourly``: it has all hours, and so runs twice in an hour that comes twice."""

    text: str
    times: tuple[time, ...]
    comes_hourly: bool
    _read: CronSim

    def allows(self, day: date) -> bool:
        # Both days must fit where one begins with a star, and either one else, as in Debian's cron.
        return day.month in self._read.months and self._read.match_day(day)

    @property
    def plain_days(self) -> Days | None:
        """Its days without its own notation; None where it says more than weekdays and days of the month."""
        read = self._read
        weekdays = {(day + 6) % 7 for day in read.weekdays if isinstance(day, int)}
        month_days = read.days - {CronSim.LAST}
        if (
            len(read.months) < 12
            or not all(isinstance(day, int) for day in read.weekdays)
            or CronSim.LAST_WEEKDAY in month_days
        ):
            return None
        all_weekdays, all_month_days = len(weekdays) == 7, len(month_days) == 31
        if not read.day_and and not (all_weekdays and all_month_days):
            return Days() if all_weekdays or all_month_days else None
        return Days(
            weekdays=None if all_weekdays else frozenset(weekdays),
            month_days=None if all_month_days or not month_days else frozenset(month_days),
            last_day=CronSim.LAST in read.days and not all_month_days,
        )

    def explain(self) -> str:
        """In English."""
        return self._read.explain()


@lru_cache(maxsize=512)
def read_cron(text: str) -> CronExpression:
    """Read five fields; raises CronError for anything else."""
    parts = text.split()
    if len(parts) != len(FIELDS) or len(text) > LONGEST:  # cronsim takes a sixth field for seconds
        raise CronError(None, len(parts), text)
    for place, part in enumerate(parts):
        if not _is_readable(part, place):
            raise CronError(place, len(parts), text)
    try:
        cron = CronSim(text, _ANY_TIME)
    except CronSimError:  # a day that none of these months has
        raise CronError(None, len(parts), text) from None
    times = tuple(time(hour, minute) for hour in sorted(cron.hours) for minute in sorted(cron.minutes))
    return CronExpression(" ".join(parts), times, len(cron.hours) == 24, cron)


def _is_readable(part: str, place: int) -> bool:
    fields = ["*"] * len(FIELDS)
    fields[place] = part
    try:
        CronSim(" ".join(fields), _ANY_TIME)
    except CronSimError:
        return False
    return True
