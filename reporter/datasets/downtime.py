"""When the scheduler was down: told from the slots that were found waiting."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from django.db.models import F
from django.db.models.functions import TruncMinute

from backoffice.jobs.models import Pause, Run, RunTrigger
from reporter.periods import Period

# A slot that was queued later than this was found waiting: nothing ticked in between.
DOWN_AFTER = timedelta(minutes=10)

# Moments of ticks are read by the minute: there may be many.
MINUTE = timedelta(minutes=1)

Stretch = tuple[datetime, datetime]


def down_stretches(period: Period) -> Iterator[Stretch]:
    """When nothing ticked: from the first slot that was left waiting to the tick that found it; merged.

    A slot also waits while its job is paused or cannot be run. So what lies in a pause is left out, and so are the
    waits in which something else was claimed: the scheduler was there.
    """
    # What is cut off at the ends of the period must not look too short to count.
    around = period.start - DOWN_AFTER, period.end + DOWN_AFTER
    waits = [
        (job, max(since or until, around[0]), min(until, around[1]))
        for job, since, until in Run.objects.filter(trigger=RunTrigger.SLOT, covers_from__lt=period.end)
        .filter(queued_at__gte=period.start, queued_at__gt=F("covers_from") + DOWN_AFTER)
        .values_list("job", "covers_from", "queued_at")
        .distinct()
    ]
    if not waits:
        return
    pauses = list(Pause.objects.filter(since__lt=around[1]).exclude(until__lte=around[0]).order_by("since"))
    ticks = _ticks(*around)
    found = [
        stretch
        for job, since, until in waits
        for piece in _outside([one for one in pauses if one.job_id in (job, None)], since, until)
        for stretch in _between(ticks, *piece)
        if stretch[1] - stretch[0] > DOWN_AFTER
    ]
    yield from _merged((max(since, period.start), min(until, period.end)) for since, until in sorted(found))


def _ticks(start: datetime, end: datetime) -> list[datetime]:
    """The minutes in which something that had come due was claimed."""
    claimed = Run.objects.filter(trigger__in=(RunTrigger.SLOT, RunTrigger.RETRY), queued_at__range=(start, end))
    minutes = claimed.annotate(minute=TruncMinute("queued_at", tzinfo=UTC)).order_by("minute")
    return list(minutes.values_list("minute", flat=True).distinct())


def _outside(pauses: Iterable[Pause], start: datetime, end: datetime) -> Iterator[Stretch]:
    """What is left of a wait without the pauses, which are in order."""
    for pause in pauses:
        if start < pause.since:
            yield start, min(pause.since, end)
        start = max(start, pause.until or end)
    if start < end:
        yield start, end


def _between(ticks: list[datetime], start: datetime, end: datetime) -> Iterator[Stretch]:
    """The pieces of a wait from one tick to the next."""
    for tick in ticks[bisect_right(ticks, start) : bisect_right(ticks, end - MINUTE)]:
        yield start, tick
        start = tick
    yield start, end


def _merged(stretches: Iterable[Stretch]) -> Iterator[Stretch]:
    """In order, without those outside the period, which end before they begin."""
    current: Stretch | None = None
    for start, end in stretches:
        if start >= end:
            continue
        if current and start <= current[1]:
            current = (current[0], max(current[1], end))
            continue
        if current:
            yield current
        current = (start, end)
    if current:
        yield current
