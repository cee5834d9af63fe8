"""A job whose runs wait their turn: one after the other, in order, and nobody else waits for them."""

from __future__ import annotations

from backoffice.jobs.models import Job, OverlapPolicy, RunStatus
from tests.jobs.core.fixture_jobs import Quick, Waits
from tests.jobs.core.processes import Place, ended, seen, statuses

QUEUED, RUNNING, SUCCEEDED = RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.SUCCEEDED


def test_runs_that_wait_their_turn_come_one_after_the_other_and_hold_up_no_other(place: Place) -> None:
    job = place.job(Waits)
    Job.objects.filter(pk=job.pk).update(overlap_policy=OverlapPolicy.WAIT)
    first, second, third = runs = [place.queue(Waits) for _run in range(3)]
    place.start("cronloop", JOBS_POOL_SIZE="2", JOBS_POOL_MAX="2")
    place.noted("waits")

    # Twice: with the second, those that wait have been looked at for sure.
    assert [ended(place.queue(Quick)).status for _time in range(2)] == [SUCCEEDED] * 2
    assert [seen(run).status for run in runs] == [RUNNING, QUEUED, QUEUED]
    place.tell("end")
    first, second, third = (ended(run) for run in runs)

    assert statuses(runs) == [SUCCEEDED] * 3
    assert first.ended_at <= second.started_at  # type: ignore[operator]
    assert second.ended_at <= third.started_at  # type: ignore[operator]
