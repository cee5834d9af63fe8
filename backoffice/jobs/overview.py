"""What the first page tells of the present: what runs, what waits, what failed last, and what comes next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Max

from backoffice.jobs.attention import LONGEST, RECENT
from backoffice.jobs.clock import lease_clock
from backoffice.jobs.models import Job, Pause, Run, RunStatus, SchedulerProcess

# Rows of each kind on the first page; of what runs and waits, the most that are read.
SHOWN = 5
MOST = 20

# Failures among which the latest of each job are looked for.
LOOKED_THROUGH = 100

# A scheduler looks into the queue every second, one that crontab starts with its next tick.
WAITED_LONG = timedelta(minutes=5)


@dataclass(frozen=True)
class Overview:
    running: list[Run]
    waiting: list[Run]  # in the queue, first come first served
    failed: list[Run]  # of each job that failed in the last day its latest failure, the latest first
    coming: list[Job]  # the soonest first
    pauses: list[Pause]  # that of all jobs first
    schedulers: list[SchedulerProcess]  # those that live and look into the queue all the time
    last_claim: datetime | None  # when something last claimed a slot: a scheduler, or a tick of crontab's
    waits_long: bool  # something does so for no good reason: there may be no scheduler to take it


def overview(now: datetime) -> Overview:
    """In seven indexed queries, whatever the number of runs."""
    runs = Run.objects.select_related("job", "lease", "requested_by")
    running = list(runs.filter(status=RunStatus.RUNNING, lease__expires_at__gt=lease_clock()).order_by("pk")[:MOST])
    waiting = list(runs.queued()[:MOST])
    failed = runs.failed().filter(queued_at__gte=now - RECENT - LONGEST, ended_at__gte=now - RECENT)
    coming = Job.objects.runnable().unpaused(now).filter(problem="", next_due_at__isnull=False).order_by("next_due_at")
    pauses = Pause.objects.active(now).select_related("job", "by")
    busy = {run.job_id for run in running}
    return Overview(
        running=running,
        waiting=waiting,
        failed=_one_of_each_job(failed.order_by("-pk")[:LOOKED_THROUGH])[:SHOWN],
        coming=list(coming[:SHOWN]),
        pauses=list(pauses.order_by(F("job__code").asc(nulls_first=True))[:MOST]),
        schedulers=list(SchedulerProcess.objects.alive(lease_clock()).order_by("host", "pid")),
        last_claim=Job.objects.aggregate(Max("claimed_at"))["claimed_at__max"],
        waits_long=any(run.queued_at < now - WAITED_LONG and run.job_id not in busy for run in waiting),
    )


def _one_of_each_job(runs: Iterable[Run]) -> list[Run]:
    """The first of each job, in their order."""
    found: dict[int, Run] = {}
    for run in runs:
        found.setdefault(run.job_id, run)
    return list(found.values())
