"""What somebody should look at first."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min

from backoffice.jobs.clock import lease_clock
from backoffice.jobs.models import Job, Run
from backoffice.jobs.models.job import JobQuerySet
from backoffice.jobs.scheduler import MISSED_AFTER

RECENT = timedelta(hours=24)

# How long before its end a run was queued, at the most that is looked for.
LONGEST = timedelta(hours=25)

# Jobs that failed of which the first page gives the names.
NAMED = 5


@dataclass(frozen=True)
class Attention:
    """Jobs that cannot run, jobs whose time came and went, and recent runs that failed or were interrupted."""

    broken: list[str]
    overdue: list[str]
    failures: int
    failed_jobs: list[str]  # the first of those that failures are of, the most frequent first
    since: datetime  # when the first of these failures was queued, or earlier


def overdue_jobs(now: datetime) -> JobQuerySet:
    """Jobs whose time came and went: nothing ticks. One that is paused, or was a moment ago, is not among them."""
    long_ago = now - MISSED_AFTER
    return Job.objects.runnable().filter(problem="", next_due_at__lt=long_ago).unpaused(long_ago)


def attention(now: datetime) -> Attention:
    """What is wrong at ``now``, in three or four indexed queries."""
    overdue = overdue_jobs(now)
    # By when they ended; queued_at, which is indexed, goes a day further back for those that took long.
    ended = Run.objects.failed().filter(queued_at__gte=now - RECENT - LONGEST, ended_at__gte=now - RECENT)
    failed = list(ended.values_list("job__code").annotate(Count("pk"), Min("queued_at")))
    stale = list(Run.objects.stale(lease_clock()).values_list("job__code", "queued_at"))
    count = Counter({code: number for code, number, _first in failed})
    count.update(code for code, _queued_at in stale)
    names = [code for code, _number in count.most_common(NAMED)]
    return Attention(
        broken=list(Job.objects.broken().values_list("code", flat=True)),
        overdue=list(overdue.values_list("code", flat=True)),
        failures=count.total(),
        failed_jobs=[*names, "…"] if len(count) > NAMED else names,
        since=min([now - RECENT, *(first for *_, first in failed), *(queued_at for _code, queued_at in stale)]),
    )
