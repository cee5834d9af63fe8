"""Searching the log: by a job's code, and by words of the one line that a run left.

The messages themselves are not searched. They have no index that would help with parts of words, and may be
five million, of up to 25 million characters each: one search would read the whole table and slow down every job.
The line that the list shows of each stands in the slim rows of the runs, with the exception for a failure; of these
a bounded number is looked through. Logs that stock django-cron wrote have no run, and are found by code alone.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django_cron.models import CronJobLog

from backoffice.jobs.models import Job, Run

# Runs that a search looks through: the latest.
LOOKED_THROUGH = 20_000

# A run is queued before its log begins; by so much at the most that is looked for.
BEFORE = timedelta(days=1)


def help_text() -> str:
    text = _(
        "Part of a job's code, or words of the line that is shown here. Words are looked for in the latest %(count)s "
        "runs, or in as many of the days that you choose."
    )
    return text % {"count": f"{LOOKED_THROUGH:,}"}


def found(logs: QuerySet[CronJobLog], term: str, first_day: str = "", last_day: str = "") -> QuerySet[CronJobLog]:
    """Those of ``logs`` whose job's code, or whose run's line, holds each word of ``term``.

    The days are those that the list is filtered by, as its address has them; so older runs are reached, too.
    """
    if not term.strip():
        return logs
    jobs, said = Job.objects.all(), _stretch(first_day, last_day)
    for word in term.split():
        said = said.filter(Q(summary__icontains=word) | Q(job__in=_with_code(word)))
        jobs = jobs.filter(code__icontains=word)
    keys = said.filter(log__isnull=False).values_list("log", flat=True)
    codes = list(jobs.values_list("code", flat=True))
    # Both as lists of values, which are looked up by index; a subquery beside OR would read the whole log.
    found: QuerySet[CronJobLog] = logs.filter(Q(code__in=[*codes, term.strip()]) | Q(pk__in=list(keys)))
    return found


def _with_code(word: str) -> list[int]:
    return list(Job.objects.filter(code__icontains=word).values_list("pk", flat=True))


def _stretch(first_day: str, last_day: str) -> QuerySet[Run]:
    """The latest runs, or those of these days; no more than LOOKED_THROUGH."""
    runs = Run.objects.order_by("-queued_at")
    if begin := _midnight(first_day):
        runs = runs.filter(queued_at__gte=begin - BEFORE)
    if end := _midnight(last_day):
        runs = runs.filter(queued_at__lt=end + timedelta(days=1))
    beyond = runs.values_list("queued_at", flat=True)[LOOKED_THROUGH : LOOKED_THROUGH + 1]
    return runs.filter(queued_at__gt=beyond[0]) if beyond else runs


def _midnight(day: str) -> datetime | None:
    """None for what is no day; the list ignores it, too."""
    try:
        date = parse_date(day)
    except ValueError:
        return None
    return timezone.make_aware(datetime.combine(date, time.min)) if date else None
