"""Runs that go on and on: they keep their lease, and hold up nobody but themselves."""

from __future__ import annotations

import re

from django.utils import timezone

from backoffice.jobs.models import Lease, RunStatus
from tests.jobs.core.fixture_jobs import (
    HoldsInterpreter,
    Limited,
    Quick,
    Waits,
    WaitsBesideItself,
    WaitsToo,
    WritesLong,
)
from tests.jobs.core.processes import Place, ended, seen, statuses, wait_until


def test_a_job_that_holds_the_interpreter_keeps_its_lease_and_holds_up_no_other(place: Place) -> None:
    """For longer than its lease lasts; nor does the child take itself for forgotten when it comes to again."""
    holds, quick = place.queue(HoldsInterpreter), place.queue(Quick)
    place.start("runcrons")

    quick, holds = ended(quick), ended(holds)

    assert (holds.status, holds.summary) == (RunStatus.SUCCEEDED, "let go")
    assert quick.ended_at < holds.ended_at  # type: ignore[operator]


def test_hung_jobs_make_room_for_others_up_to_a_cap_and_people_are_told(place: Place) -> None:
    hung = [place.queue(Waits), place.queue(WaitsToo)]
    left_out = place.queue(Quick)
    place.start(
        "cronloop",
        patch="import backoffice.jobs.supervisor as s; s.LONG_RUN_SECONDS = 0.5",
        JOBS_POOL_SIZE="1",
        JOBS_POOL_MAX="2",
    )

    place.noted("waits")
    place.noted("waits-too")
    wait_until(lambda: "All 1 places are taken by long runs (core.waits" in place.output(), "a warning")
    assert seen(left_out).status == RunStatus.QUEUED
    place.tell("end")
    assert ended(left_out).status == RunStatus.SUCCEEDED
    assert statuses(hung) == [RunStatus.RUNNING, RunStatus.SUCCEEDED]


def test_a_run_past_the_time_limit_of_its_class_is_ended_and_then_its_lock_is_freed(place: Place) -> None:
    scheduler = place.start("cronloop", JOBS_POOL_SIZE="1", JOBS_POOL_MAX="1")
    ended(place.queue(Quick))  # the child is there: on a busy machine its start alone takes a second
    run = place.queue(Limited)

    after = ended(run)

    assert not Lease.objects.held().exists()
    assert place.alive() == {scheduler.pid}
    assert (after.status, after.log and after.log.is_success) == (RunStatus.FAILED, False)
    assert after.log is not None
    assert re.search(r"longer than its time limit of 2 seconds.*what it printed last", after.log.message, re.DOTALL)


def test_a_second_run_is_skipped_while_the_first_goes_on_and_is_no_failure(place: Place) -> None:
    first = place.queue(Waits)
    scheduler = place.start("cronloop")
    place.noted("waits")

    second = ended(place.queue(Waits))

    assert second.status == RunStatus.SKIPPED
    assert re.fullmatch(r"still running since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d on \S+", second.summary)
    assert (second.log, second.job.failures_in_a_row, second.job.last_run) == (None, 0, None)
    place.tell("end")
    assert ended(first).status == RunStatus.SUCCEEDED
    scheduler.terminate()  # it waits for what it has begun
    assert scheduler.wait(10) == 0
    assert len(list(place.notes.glob("at-work-*"))) == 1


def test_runs_of_a_job_that_allows_it_stand_beside_each_other(place: Place) -> None:
    runs = [place.queue(WaitsBesideItself), place.queue(WaitsBesideItself)]
    place.start("runcrons")

    wait_until(lambda: statuses(runs) == [RunStatus.RUNNING] * 2, "both to run")
    wait_until(lambda: len(list(place.notes.glob("beside-*"))) == 2, "both to be at work")
    place.tell("end")

    assert [ended(run).status for run in runs] == [RunStatus.SUCCEEDED] * 2
    assert not Lease.objects.exists()


def test_a_long_write_transaction_on_sqlite_costs_a_job_neither_lease_nor_log(place: Place) -> None:
    run = place.queue(WritesLong)
    scheduler = place.start("runcrons", JOBS_LEASE_SECONDS="12")  # a heartbeat every two seconds
    place.noted("writing")

    def has_missed_beats() -> bool:
        heartbeat = Lease.objects.get().heartbeat_at
        return heartbeat is not None and (timezone.now() - heartbeat).total_seconds() > 5

    wait_until(has_missed_beats, "heartbeats to be missed")
    place.tell("end")

    after = ended(run)
    assert (after.status, after.log and after.log.is_success) == (RunStatus.SUCCEEDED, True)
    assert scheduler.wait(10) == 0
    assert "lost its lease" not in place.output()
