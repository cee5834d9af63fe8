"""Searching the log: by a job's code, and by words of the one line that a run left.

The messages themselves are not searched. They have no index that would help with parts of words, and may be
five million, of up to 25 million characters each: one search would read the whole table and slow down every job.
The line that the list shows of each stands in the slim rows of the runs, with the exception for a failure; of these
a bounded number is looked through. Logs that stock django-cron wrote have no run, and are found by code alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, time, timedelta

from django.db.models import Q, QuerySet
from django.db.models.functions import Left
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django_cron.models import CronJobLog

from backoffice.jobs.models import Job, Run
from backoffice.jobs.told import MARK

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
    jobs = Job.objects.all()
    for word in term.split():
        jobs = jobs.filter(code__icontains=word)
    codes = list(jobs.values_list("code", flat=True))
    runs = _stretch(first_day, last_day).filter(log__isnull=False).annotate(mark=Left("summary", 1))
    keys = [*_plain(runs.exclude(mark=MARK), term.split()), *_told(runs.filter(mark=MARK), term.split())]
    # Both as lists of values, which are looked up by index; a subquery beside OR would read the whole log.
    found: QuerySet[CronJobLog] = logs.filter(Q(code__in=[*codes, term.strip()]) | Q(pk__in=keys))
    return found


def _plain(runs: QuerySet[Run], words: list[str]) -> Iterable[int]:
    """Logs of the runs whose line, or whose job's code, holds each word."""
    for word in words:
        runs = runs.filter(Q(summary__icontains=word) | Q(job__in=_with_code(word)))
    return runs.values_list("log", flat=True)


def _told(runs: QuerySet[Run], words: list[str]) -> Iterator[int]:
    """The same of lines that are ours: the reader looks for words of their own language, which no column holds."""
    coded = [(word.lower(), set(_with_code(word))) for word in words]
    for log, job, line in runs.values_list("log", "job", "summary").iterator():
        said = line.lower()
        if all(word in said or job in jobs for word, jobs in coded):
            yield log


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
