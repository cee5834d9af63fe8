"""Timetables as people type them: every field of a form is read, and they are checked against each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from unicodedata import normalize

from django.utils.translation import gettext as _

from backoffice.jobs import typed_fields
from backoffice.jobs.days import Days
from backoffice.jobs.timetable import Timetable

Typed = Mapping[str, str | Sequence[str]]
Value = TypeVar("Value")


class TimetableError(ValueError):
    """What is wrong, for the person who typed it, and in which field; None where no single one is to blame."""

    def __init__(self, field: str | None, message: str) -> None:
        super().__init__(message)
        self.field, self.message = field, message


def parse_timetable(typed: Typed, code: str = "") -> Timetable:
    """Read what was typed; raises TimetableError. What is empty or missing is not used.

    Fields: every_minutes, times ("8:00, 18:30"), cron, weekdays (0 is Monday), month_days ("1, 31, last day"),
    country and subdivision (ISO codes), first_date, last_date (2026-12-31), zone, spread_minutes. Several values of
    one field may be a list.
    """
    timetable = Timetable(
        **_moments(typed),
        days=_days(typed),
        zone=_read(typed, "zone", typed_fields.read_zone) or "UTC",
        spread_minutes=_read(typed, "spread_minutes", typed_fields.read_spread) or 0,
        code=code,
    )
    if timetable.never_comes_due():
        text = _("No day fits all of this, so it would never come due. Leave one of the conditions out.")
        raise TimetableError(None, text)
    return timetable


def as_typed(timetable: Timetable) -> dict[str, str | list[str]]:
    """What to type to get this timetable: the values that a form begins with."""
    days = timetable.days
    month_days = [str(day) for day in sorted(days.month_days or ())] + (["last day"] if days.last_day else [])
    return {
        "every_minutes": "" if timetable.every_minutes is None else str(timetable.every_minutes),
        "times": ", ".join(f"{one:%H:%M}" for one in timetable.times),
        "cron": timetable.cron,
        "weekdays": [str(day) for day in sorted(days.weekdays or ())],
        "month_days": ", ".join(month_days),
        "country": days.country,
        "subdivision": days.subdivision,
        "first_date": days.first.isoformat() if days.first else "",
        "last_date": days.last.isoformat() if days.last else "",
        "zone": timetable.zone,
        "spread_minutes": str(timetable.spread_minutes or ""),
    }


def _moments(typed: Typed) -> dict[str, Any]:
    every = _read(typed, "every_minutes", typed_fields.read_minutes)
    times = _read(typed, "times", typed_fields.read_times) or ()
    cron = _read(typed, "cron", typed_fields.read_cron) or ""
    if cron and (times or every is not None):
        text = _("A cron expression stands alone. Empty it, or else the minutes and the set times.")
        raise TimetableError("cron", text)
    if not cron and not times and every is None:
        text = _("Say when it is due: every so many minutes, at set times, or by a cron expression.")
        raise TimetableError(None, text)
    return {"every_minutes": every, "times": times, "cron": cron}


def _days(typed: Typed) -> Days:
    month_days, last_day = _read(typed, "month_days", typed_fields.read_month_days) or (None, False)
    country = _read(typed, "country", typed_fields.read_country) or ""
    first = _read(typed, "first_date", typed_fields.read_date)
    last = _read(typed, "last_date", typed_fields.read_date)
    if first and last and last < first:
        text = _("The last day, %(last)s, is before the first, %(first)s. Correct one of them.")
        raise TimetableError("last_date", text % {"first": first.isoformat(), "last": last.isoformat()})
    return Days(
        weekdays=_read(typed, "weekdays", typed_fields.read_weekdays),
        month_days=month_days,
        last_day=last_day,
        country=country,
        subdivision=_read(typed, "subdivision", lambda text: typed_fields.read_subdivision(text, country)) or "",
        first=first,
        last=last,
    )


def _read(typed: Typed, field: str, read: Callable[[str], Value]) -> Value | None:
    """None where nothing was typed. What an input method for Chinese makes of 8:30 is read as that: 8：30 or ８:30."""
    value = typed.get(field) or ""
    text = normalize("NFKC", value if isinstance(value, str) else ",".join(map(str, value))).strip()
    try:
        return read(text) if text else None
    except typed_fields.Refused as refused:
        raise TimetableError(field, str(refused)) from None
