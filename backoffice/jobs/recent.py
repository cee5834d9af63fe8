"""How a job has been doing lately: its last runs, how many of them succeeded, and how long they usually take.

One query for a few hundred jobs, however many runs they have had: it reads the last few runs of each by index.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median, quantiles
from typing import Any

from django.db.models import QuerySet

from backoffice.jobs.models import Run, RunStatus
from backoffice.jobs.models.choices import TROUBLE

# Runs of a job that its strip shows, and that its success rate is of.
SHOWN = 60

# Succeeded runs that the usual length is taken from, and how many runs are looked through for them.
MEASURED = 30
LOOKED_THROUGH = 200

# Of fewer runs nothing can be said about 95 of 100.
FEW = 20

# Jobs that one query asks for: SQLite takes no more than 500 parts of a union.
AT_ONCE = 300


@dataclass(frozen=True)
class PastRun:
    """One run, as a strip shows it."""

    pk: int
    status: RunStatus
    queued_at: datetime
    started_at: datetime | None
    ended_at: datetime | None

    @property
    def duration(self) -> timedelta | None:
        return self.ended_at - self.started_at if self.started_at and self.ended_at else None


@dataclass(frozen=True)
class Usual:
    """How long a job takes when it succeeds: the median, and what 95 of 100 runs stay under; of few the longest."""

    median: timedelta
    most: timedelta
    count: int  # of runs that this is taken from


class Recent:
    """The last runs of one job, the oldest first."""

    def __init__(self, runs: Sequence[PastRun] = ()) -> None:
        self.runs = sorted(runs, key=lambda run: run.pk)

    def count(self, *states: RunStatus) -> int:
        return sum(run.status in states for run in self.runs)

    @property
    def percent_succeeded(self) -> int | None:
        """Of those that succeeded or failed; skipped, missed and cancelled ones did neither. None if there are none.

        Rounded down: it is not 100 while there is a failure among them.
        """
        counted = self.count(RunStatus.SUCCEEDED, *TROUBLE)
        return 100 * self.count(RunStatus.SUCCEEDED) // counted if counted else None

    @property
    def usual(self) -> Usual | None:
        succeeded = [run.duration for run in self.runs if run.status == RunStatus.SUCCEEDED and run.duration]
        return usual_of(succeeded[-MEASURED:])


def usual_of(durations: Sequence[timedelta]) -> Usual | None:
    """None if there is nothing to tell it from."""
    if not durations:
        return None
    seconds = [duration.total_seconds() for duration in durations]
    most = max(seconds) if len(seconds) < FEW else quantiles(seconds, n=20, method="inclusive")[-1]
    return Usual(timedelta(seconds=median(seconds)), timedelta(seconds=most), len(seconds))


def recent(jobs: Collection[int], count: int = SHOWN) -> dict[int, Recent]:
    """The last ``count`` runs of each of the jobs with these ids."""
    found: dict[int, list[PastRun]] = {pk: [] for pk in jobs}
    asked = list(found)
    for begin in range(0, len(asked), AT_ONCE):
        first, *others = (_last(pk, count) for pk in asked[begin : begin + AT_ONCE])
        # Not one query with a window or a join: PostgreSQL reads the whole table for these.
        for job, pk, status, *moments in first.union(*others, all=True):
            found[job].append(PastRun(pk, RunStatus(status), *moments))
    return {pk: Recent(runs) for pk, runs in found.items()}


def usual(job: int) -> Usual | None:
    """How long the last succeeded runs of the job with this id took."""
    return recent([job], LOOKED_THROUGH)[job].usual


def _last(job: int, count: int) -> QuerySet[Run, Any]:
    # The limit stands in a subquery: SQLite takes none in the parts of a union.
    keys = Run.objects.filter(job=job).order_by("-pk").values("pk")[:count]
    columns = ("job", "pk", "status", "queued_at", "started_at", "ended_at")
    return Run.objects.filter(pk__in=keys).order_by().values_list(*columns)
