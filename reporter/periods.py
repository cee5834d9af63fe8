"""Which stretch of time an edition tells of, and with which one it is compared. Pure: dates in, midnights out."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import models
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

ONE_DAY = timedelta(days=1)


class PeriodChoice(models.TextChoices):
    """Which days an edition tells of, counted back from the day on which it is due.

    Each ends with the day before at the latest. What goes “to yesterday” is the week, month or quarter that
    yesterday lies in: on its first day it is the whole one that has just ended, and never empty.
    """

    YESTERDAY = "yesterday", _("yesterday")
    LAST_7_DAYS = "last_7_days", _("the last 7 days")
    LAST_DAYS = "last_days", _("the last … days, see their number")
    LAST_WEEK = "last_week", _("last week, Monday to Sunday")
    LAST_MONTH = "last_month", _("last month")
    LAST_QUARTER = "last_quarter", _("last quarter")
    WEEK_TO_DATE = "week_to_date", _("this week, to yesterday")
    MONTH_TO_DATE = "month_to_date", _("this month, to yesterday")
    QUARTER_TO_DATE = "quarter_to_date", _("this quarter, to yesterday")


# Months that the choices of months are long.
MONTHS = {
    PeriodChoice.LAST_MONTH: 1,
    PeriodChoice.MONTH_TO_DATE: 1,
    PeriodChoice.LAST_QUARTER: 3,
    PeriodChoice.QUARTER_TO_DATE: 3,
}

# What a report of “the last … days” may go back, in days.
MAX_DAYS = 366


@dataclass(frozen=True)
class Period:
    """From ``start`` to ``end``, without the latter; both are midnights in ``zone``."""

    start: datetime
    end: datetime
    zone: str

    @classmethod
    def of_days(cls, first: date, last: date, zone: str) -> Period:
        """From ``first`` to ``last``, both included."""
        return cls(_midnight(first, zone), _midnight(last + ONE_DAY, zone), zone)

    @property
    def first_day(self) -> date:
        return self.start.astimezone(ZoneInfo(self.zone)).date()

    @property
    def last_day(self) -> date:
        return (self.end - timedelta.resolution).astimezone(ZoneInfo(self.zone)).date()

    @property
    def label(self) -> str:
        """As people say it, in the language that is active."""
        first, last = self.first_day, self.last_day
        if first == last:
            return date_format(first, "DATE_FORMAT")
        return f"{date_format(first, 'DATE_FORMAT')} – {date_format(last, 'DATE_FORMAT')}"


def period_before(choice: str, day: date, zone: str, days: int = 7) -> Period:
    """The period of an edition that is due on ``day``; ``days`` is the number for LAST_DAYS."""
    yesterday = day - ONE_DAY
    match PeriodChoice(choice):
        case PeriodChoice.YESTERDAY:
            first, last = yesterday, yesterday
        case PeriodChoice.LAST_7_DAYS:
            first, last = day - timedelta(days=7), yesterday
        case PeriodChoice.LAST_DAYS:
            first, last = day - timedelta(days=days), yesterday
        case PeriodChoice.LAST_WEEK:
            last = monday_of(day) - ONE_DAY
            first = monday_of(last)
        case PeriodChoice.WEEK_TO_DATE:
            first, last = monday_of(yesterday), yesterday
        case PeriodChoice.LAST_MONTH | PeriodChoice.LAST_QUARTER as past:
            last = first_of(day, MONTHS[past]) - ONE_DAY
            first = first_of(last, MONTHS[past])
        case PeriodChoice.MONTH_TO_DATE | PeriodChoice.QUARTER_TO_DATE as present:
            first, last = first_of(yesterday, MONTHS[present]), yesterday
    return Period.of_days(first, last, zone)


def compared_with(choice: str, period: Period) -> Period:
    """The period before ``period``, with which it is compared.

    The same days one week, month or quarter earlier; of a shorter month as many as it has, and a period that ends
    with its month is compared with one that ends with its month. Otherwise as many days, just before.
    """
    first, last = period.first_day, period.last_day
    months = MONTHS.get(PeriodChoice(choice), 0)
    if months and first == first_of(first, months) and last < months_later(first, months):
        return Period.of_days(months_later(first, -months), _same_day(last, -months), period.zone)
    step = last - first + ONE_DAY
    if choice == PeriodChoice.WEEK_TO_DATE and first == monday_of(last):
        step = timedelta(days=7)
    return Period.of_days(first - step, last - step, period.zone)


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def first_of(day: date, months: int) -> date:
    """The first day of the month (1) or quarter (3) that ``day`` lies in."""
    return date(day.year, day.month - (day.month - 1) % months, 1)


def months_later(first: date, months: int) -> date:
    """The first of a month so many ``months`` after ``first``, itself one; before it if negative."""
    count = first.year * 12 + first.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def _same_day(day: date, months: int) -> date:
    """The same day of another month, or its last one where it is shorter or ``day`` is the last of its own."""
    month = months_later(day.replace(day=1), months)
    length = monthrange(month.year, month.month)[1]
    is_last = day.day == monthrange(day.year, day.month)[1]
    return month.replace(day=length if is_last else min(day.day, length))


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(zone))
