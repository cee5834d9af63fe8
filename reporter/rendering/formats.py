"""Values as a section wants them written, in the language that is active."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.formats import date_format, number_format, time_format
from django.utils.translation import gettext as _

from reporter.columns import DATES, DIGITS, PERCENTAGES, CellFormat
from reporter.rendering.tables import NOTHING, as_text, moment

# Numbers as datasets write them that know text only, such as the resources of models.
NUMERIC = re.compile(r"[+-]?\d{1,40}(\.\d{1,40})?")

# Dates as datasets write them that know text only.
ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def amount_of(value: Any) -> Decimal | None:
    """``value`` as a number, durations in seconds; None if it is none that can be reckoned with."""
    match value:
        case bool() | None:
            return None
        case int():
            return Decimal(value)
        case float():
            return Decimal(repr(value)) if isfinite(value) else None
        case Decimal():
            return value if value.is_finite() else None
        case timedelta():
            return Decimal(str(value.total_seconds()))
        case str() if NUMERIC.fullmatch(value):
            return Decimal(value)
    return None


def shown(value: Any, form: str, zone: str) -> str:
    """``value`` in the form that was chosen; as it is where that does not fit."""
    if form in DIGITS and not isinstance(value, timedelta):
        amount = amount_of(value)
        return as_text(value, zone) if amount is None else _number(amount, CellFormat(form))
    if form in DATES:
        day = day_of(value, zone)
        return as_text(value, zone) if day is None else _date(day, CellFormat(form))
    return as_text(value, zone)


def _number(amount: Decimal, form: CellFormat) -> str:
    if form == CellFormat.PLAIN:
        return number_format(amount)
    digits = DIGITS[form] or 0
    if form in PERCENTAGES:
        return _("%(number)s %%") % {"number": _rounded(amount * 100, digits)}
    return _rounded(amount, digits)


def _rounded(amount: Decimal, digits: int) -> str:
    """Rounded as people do, and never to “-0”."""
    if abs(amount.adjusted()) < 25:  # what has more digits than can be reckoned with stays as it is
        amount = amount.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    return number_format(amount if amount else abs(amount), digits, force_grouping=True)


def day_of(value: Any, zone: str) -> date | time | None:
    """The date or moment that ``value`` is, or says; moments by the clock of ``zone``."""
    if isinstance(value, str) and ISO_DAY.match(value):
        try:
            value = datetime.fromisoformat(value) if len(value) > 10 else date.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, datetime):
        return value.astimezone(ZoneInfo(zone)) if value.tzinfo else value
    return value if isinstance(value, date | time) else None


def _date(value: date | time, form: CellFormat) -> str:
    if isinstance(value, time):
        return time_format(value, "H:i")
    match form:
        case CellFormat.ISO_DAY:
            return f"{value:%Y-%m-%d}"
        case CellFormat.WEEKDAY:
            return date_format(value, _("D, N j, Y"))
        case CellFormat.MONTH:
            return date_format(value, "YEAR_MONTH_FORMAT")
        case CellFormat.MOMENT if isinstance(value, datetime):
            return moment(value)
        case CellFormat.TIME:
            return time_format(value, "H:i") if isinstance(value, datetime) else NOTHING
    return date_format(value, "DATE_FORMAT")


def change(now: Decimal | None, before: Decimal | None) -> str:
    """By how much a number has changed: ▲ 12 %, ▼ 3 %; empty where there is no number now."""
    if now is None:
        return ""
    if not before:
        return _("new") if now else _("unchanged")
    percent = (now - before) / abs(before) * 100
    text = _rounded(abs(percent), 0 if abs(percent) >= 1 else 1)
    if now == before:
        return _("unchanged")
    return (_("▲ %(percent)s %%") if percent > 0 else _("▼ %(percent)s %%")) % {"percent": text}
