"""Which stretch of time an edition tells of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import models
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _


class PeriodChoice(models.TextChoices):
    """Which days an edition tells of, counted back from the day on which it is due."""

    YESTERDAY = "yesterday", _("yesterday")
    LAST_7_DAYS = "last_7_days", _("the last 7 days")


DAYS = {PeriodChoice.YESTERDAY: 1, PeriodChoice.LAST_7_DAYS: 7}


@dataclass(frozen=True)
class Period:
    """From ``start`` to ``end``, without the latter; both are midnights in ``zone``."""

    start: datetime
    end: datetime
    zone: str

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


def period_before(choice: str, day: date, zone: str) -> Period:
    """The period of an edition that is due on ``day``."""
    first = day - timedelta(days=DAYS[PeriodChoice(choice)])
    return Period(_midnight(first, zone), _midnight(day, zone), zone)


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(zone))
