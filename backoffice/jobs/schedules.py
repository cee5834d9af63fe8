"""What may stand in a django-cron ``Schedule``; ValueError, in words for a developer, for what it cannot mean."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, time
from typing import Any

# About 1,900 years: what is added to a moment of ours stays within the calendar.
LONGEST_MINUTES = 1_000_000_000


def parse_minutes(every: Any) -> float | None:
    if every is None:
        return None
    if isinstance(every, bool) or not isinstance(every, int | float) or not 0 <= every <= LONGEST_MINUTES:
        raise ValueError(f"run_every_mins must be a number of minutes from 0 to {LONGEST_MINUTES}, not {every!r}")
    return every


def parse_times(texts: Any) -> tuple[time, ...]:
    if isinstance(texts, str) or not isinstance(texts, Collection | None):
        raise ValueError(f"run_at_times must be a list such as ['08:30'], not {texts!r}")
    return tuple(parse_time(text) for text in texts or ())


def parse_time(text: str) -> time:
    """Read ``"8:05"`` or ``"08:05"``; raises ValueError for anything else."""
    try:
        return datetime.strptime(text, "%H:%M").time()
    except (TypeError, ValueError):
        raise ValueError(f"{text!r} is not a time of the day such as '08:30'") from None


def parse_days(days: Any, possible: range, name: str) -> frozenset[int] | None:
    """Days as a set. What no calendar has cannot fit any day, as in stock; text is refused."""
    if days is None:
        return None
    if not isinstance(days, Collection) or any(isinstance(day, bool) or not isinstance(day, int) for day in days):
        raise ValueError(f"{name} must be a list of whole numbers, not {days!r}")
    return frozenset(days) & frozenset(possible)
