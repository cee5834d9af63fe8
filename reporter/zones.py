"""Moments by the clock of a report."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def zoned(moment: datetime, zone: str) -> datetime:
    """``moment`` in ``zone``; in UTC where that is none: the page on which it is corrected must open."""
    try:
        return moment.astimezone(ZoneInfo(zone))
    except (KeyError, ValueError, OSError):
        return moment.astimezone(UTC)
