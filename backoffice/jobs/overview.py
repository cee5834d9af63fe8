"""What the first page tells of the present: what runs, what waits, what failed last, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max

from backoffice.jobs.attention import LONGEST, RECENT
from backoffice.jobs.clock import lease_clock
from backoffice.jobs.models import Job, Lease, Run, RunStatus

# Rows of each kind on the first page; of what runs and waits, the most that are read.
SHOWN = 5
MOST = 20

# A scheduler looks into the queue every second, one that crontab starts with its next tick.
WAITED_LONG = timedelta(minutes=5)


@dataclass(frozen=True)
class Overview:
    running: list[Run]
    waiting: list[Run]  # in the queue, first come first served
    failed: list[Run]  # of the last day, the latest first
    coming: list[Job]  # the soonest first
    last_sign: datetime | None  # when a scheduler last did something that left a trace
    waits_long: bool  # something does so for no good reason: there may be no scheduler to take it


def overview(now: datetime) -> Overview:
    """In six indexed queries, whatever the number of runs."""
    runs = Run.objects.select_related("job", "lease", "requested_by")
    running = list(runs.filter(status=RunStatus.RUNNING, lease__expires_at__gt=lease_clock()).order_by("pk")[:MOST])
    waiting = list(runs.queued()[:MOST])
    failed = runs.failed().filter(queued_at__gte=now - RECENT - LONGEST, ended_at__gte=now - RECENT)
    coming = Job.objects.runnable().filter(problem="", next_due_at__isnull=False).order_by("next_due_at")
    busy = {run.job_id for run in running}
    return Overview(
        running=running,
        waiting=waiting,
        failed=list(failed.order_by("-pk")[:SHOWN]),
        coming=list(coming[:SHOWN]),
        last_sign=_last_sign(),
        waits_long=any(run.queued_at < now - WAITED_LONG and run.job_id not in busy for run in waiting),
    )


def _last_sign() -> datetime | None:
    """The latest claim of a slot or sign of life of a run."""
    claimed = Job.objects.aggregate(Max("claimed_at"))["claimed_at__max"]
    heard = Lease.objects.aggregate(Max("heartbeat_at"))["heartbeat_at__max"]
    return max((moment for moment in (claimed, heard) if moment), default=None)
