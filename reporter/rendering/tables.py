"""Cells and tables as people read them, in the language that is active."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.formats import date_format, number_format, time_format
from django.utils.translation import gettext as _

from backoffice.jobs.storable import storable

NOTHING = "–"

# Characters of one cell in plain text: one long cell widens all lines.
PLAIN_WIDTH = 80


def as_text(value: Any, zone: str) -> str:
    """One cell. Moments are shown by the clock of ``zone``."""
    match value:
        case None:
            return NOTHING
        case bool():
            return _("yes") if value else _("no")
        case int() | float() | Decimal():
            return _number(value)
        case datetime():
            local = value.astimezone(ZoneInfo(zone)) if value.tzinfo else value
            return moment(local)
        case date():
            return date_format(value, "DATE_FORMAT")
        case time():
            return time_format(value, "H:i")
        case timedelta():
            return duration(value)
        case bytes() | bytearray() | memoryview():
            return _("(%(count)d bytes)") % {"count": len(bytes(value))}
        case _other:
            return storable(value)


def _number(value: float | Decimal) -> str:
    """With as many digits as people read: 11.1, not 11.100000000000001."""
    if isinstance(value, int):
        value = Decimal(value)  # of any length: Python refuses to write very long ones
    is_known = value.is_finite() if isinstance(value, Decimal) else isfinite(value)
    if not is_known:
        return NOTHING if value != value else ("∞" if value > 0 else "-∞")
    if isinstance(value, Decimal):
        return number_format(value, force_grouping=True)
    if value and not 0.0001 <= abs(value) < 1e15:
        return f"{value:.6g}"
    rounded = round(value, 2 if abs(value) >= 1 else 4)
    return number_format(int(rounded) if rounded == int(rounded) else rounded, force_grouping=True)


def shortened(text: str, limit: int) -> str:
    """``text``, cut where it is longer than ``limit`` characters: the files have all of it."""
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"


def moment(local: datetime) -> str:
    """A date that no country reads differently, and a time without a.m. and p.m."""
    return f"{date_format(local, 'DATE_FORMAT')} {time_format(local, 'H:i')}"


def duration(value: timedelta) -> str:
    """The two units that matter: 3 h 10 min, 4 min 5 s, 0.8 s."""
    seconds = value.total_seconds()
    if seconds < 60:
        digits = 1 if seconds < 10 else 0
        return _("%(seconds)s s") % {"seconds": number_format(round(seconds, digits), digits)}
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return _("%(minutes)d min %(seconds)d s") % {"minutes": minutes, "seconds": rest}
    hours, minutes = divmod(minutes, 60)
    return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}


def is_amount(values: Sequence[Any]) -> bool:
    """Whether a column holds numbers or durations only: those stand to the right."""
    known = [value for value in values if value is not None]
    return bool(known) and all(
        isinstance(value, int | float | Decimal | timedelta) and not isinstance(value, bool) for value in known
    )


def plain_table(headings: Sequence[str], rows: Sequence[Sequence[str]], amounts: Sequence[bool], feet: int = 0) -> str:
    """The table for a monospaced font; Chinese characters are two columns wide.

    ``amounts`` tells which columns stand to the right; the last ``feet`` rows stand below a line.
    """
    lines = [[_one_line(shortened(cell, PLAIN_WIDTH)) for cell in line] for line in (headings, *rows)]
    widths = [max(_width(cell) for cell in column) for column in zip(*lines, strict=True)]
    rule = ["-" * width for width in widths]
    lines.insert(1, rule)
    if feet:
        lines.insert(len(lines) - feet, rule)
    return "\n".join(
        "  ".join(
            _padded(cell, width, amount) for cell, width, amount in zip(line, widths, amounts, strict=True)
        ).rstrip()
        for line in lines
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _padded(text: str, width: int, to_the_right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if to_the_right else text + space


def _width(text: str) -> int:
    return sum(_character_width(character) for character in text)


def _character_width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Cf", "Me", "Mn"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
