"""Pauses in words, and what they had to do with slots that were missed."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.utils import timezone

from backoffice.jobs.models import Job, Pause
from backoffice.jobs.slots import Due
from backoffice.jobs.told import gettext as _
from backoffice.jobs.told import joined

# When a day's work begins: the moments that are offered.
MORNING = time(8)

TOMORROW, MONDAY = "tomorrow", "monday"


def mornings(now: datetime) -> dict[str, datetime]:
    """The moments that are offered as the end of a pause."""
    return {TOMORROW: _morning(now, 1), MONDAY: _morning(now, 7 - timezone.localtime(now).weekday())}


def _morning(now: datetime, days: int) -> datetime:
    day = timezone.localtime(now).date() + timedelta(days=days)
    return timezone.make_aware(datetime.combine(day, MORNING))


def pauses_of(job: Job, due: Due) -> list[Pause]:
    """The pauses, over by now, in which some slots of ``due`` fell."""
    found = Pause.objects.concerning(job).filter(since__lte=due.latest.at).exclude(until__lte=due.first.at)
    return list(found.select_related("job", "by").order_by("since"))


def fell_into(at: datetime, pauses: list[Pause]) -> bool:
    return any(pause.since <= at and pause.is_active(at) for pause in pauses)


def pauses_words(pauses: list[Pause]) -> str:
    """As a sentence, for a run that is late and for slots that were missed; empty without any."""
    if not pauses:
        return ""
    return _("It was %(pauses)s.") % {"pauses": joined("; ", map(pause_words, pauses))}


def pause_words(pause: Pause) -> str:
    """By whom, since when, until when, and why."""
    values = {"person": pause.who, "since": _moment(pause.since), "until": pause.until and _moment(pause.until)}
    if pause.until:
        words = _("paused by %(person)s from %(since)s to %(until)s") % values
    else:
        words = _("paused by %(person)s since %(since)s, for good") % values
    return joined(": ", [words, pause.reason])


def _moment(at: datetime) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M")
