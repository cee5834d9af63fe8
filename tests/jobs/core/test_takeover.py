"""A lease that was taken over: the former holder ends, and writes nothing."""

from __future__ import annotations

import os
import queue
import signal
import uuid

import pytest
from django_cron.models import CronJobLog

from backoffice.jobs import lifecycle
from backoffice.jobs.clock import steady_seconds
from backoffice.jobs.lifecycle import Holder, Outcome
from backoffice.jobs.locks import LeaseLock
from backoffice.jobs.models import Lease, RunStatus
from backoffice.jobs.pool import Child, Event
from tests.jobs.core.fixture_jobs import Quick, Waits
from tests.jobs.core.processes import Place, ended, let_leases_run_out, seen, wait_until

HERE = Holder("here", os.getpid(), os.getpid())
HERE_TOKEN = uuid.uuid4()


def logged(code: str) -> list[bool]:
    return list(CronJobLog.objects.filter(code=code).order_by("pk").values_list("is_success", flat=True))


def test_the_former_holder_of_a_lease_writes_nothing(any_place: Place) -> None:
    old, new = any_place.queue(Quick), any_place.queue(Quick)
    assert lifecycle.start(old, HERE)
    let_leases_run_out()
    assert lifecycle.start(new, HERE)

    assert not lifecycle.finish(old, Outcome(RunStatus.SUCCEEDED, "too late"))
    assert not lifecycle.abandon_start(old, "too late")

    assert (seen(old).status, seen(new).status) == (RunStatus.INTERRUPTED, RunStatus.RUNNING)
    assert logged(Quick.code) == [False]
    assert Lease.objects.get().token == new.token
    assert lifecycle.finish(new, Outcome(RunStatus.SUCCEEDED))
    assert logged(Quick.code) == [False, True]


def test_an_end_is_written_once(place: Place) -> None:
    run = place.queue(Quick)
    assert lifecycle.start(run, HERE)

    assert lifecycle.finish(run, Outcome(RunStatus.SUCCEEDED))
    assert not lifecycle.finish(run, Outcome(RunStatus.FAILED))
    assert lifecycle.interrupt_stale() == []

    assert logged(Quick.code) == [True]


def test_frozen_past_its_lease_a_child_ends_itself_and_its_supervisor_writes_nothing(place: Place) -> None:
    old = place.queue(Waits)
    frozen = place.start("cronloop")
    place.noted("waits")
    child = seen(old).pid or 0
    for pid in (frozen.pid, child):
        os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: seen(old).shown_status == RunStatus.INTERRUPTED, "the lease to run out")
    (place.notes / "waits").unlink()
    new = place.queue(Waits)
    place.start("cronloop")
    place.noted("waits")

    os.kill(child, signal.SIGCONT)
    wait_until(lambda: child not in place.alive(), "the old child to end itself")
    os.kill(frozen.pid, signal.SIGCONT)
    wait_until(lambda: "taken over; its end is not recorded" in place.output(), "the old supervisor to find out")
    place.tell("end")

    assert ended(new).status == RunStatus.SUCCEEDED
    assert seen(old).status == RunStatus.INTERRUPTED
    assert logged(Waits.code) == [False, True]


def test_a_child_ends_before_its_lease_does_when_its_supervisor_is_frozen(place: Place) -> None:
    run = place.queue(Waits)
    supervisor = place.start("cronloop", JOBS_LEASE_SECONDS="9")
    place.noted("waits")

    os.kill(supervisor.pid, signal.SIGSTOP)
    wait_until(lambda: seen(run).pid not in place.alive(), "the child to end itself")
    assert Lease.objects.get().is_held

    os.kill(supervisor.pid, signal.SIGCONT)
    after = ended(run)
    assert after.status == RunStatus.INTERRUPTED
    assert "could not be renewed" in after.summary
    assert logged(Waits.code) == [False]


def test_an_order_that_was_held_up_for_longer_than_its_lease_is_not_carried_out(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The supervisor may be frozen between taking the lease and giving the order."""
    for name, value in place.environment.items():
        monkeypatch.setenv(name, value)
    events: queue.Queue[Event] = queue.Queue()
    child = Child(events, lambda chunk: None)

    child.run(1, f"{Waits.__module__}.{Waits.__name__}", steady_seconds() - 3600)

    assert events.get(timeout=30) == Event(child, None, -signal.SIGKILL)
    assert not place.notes.exists()


def test_the_lock_of_a_stock_process_that_died_comes_free(any_place: Place) -> None:
    assert Lease.objects.take(Quick.code, job=None, run=None, token=HERE_TOKEN, host="here", pid=1)
    run = any_place.queue(Quick)
    let_leases_run_out()

    assert lifecycle.start(run, HERE)


def test_a_stock_process_takes_the_lock_of_a_supervisor_that_died(any_place: Place) -> None:
    run = any_place.queue(Quick)
    assert lifecycle.start(run, HERE)
    lock = LeaseLock(Quick, True)
    assert not lock.lock()
    let_leases_run_out()

    assert lock.lock()
    assert seen(run).shown_status == RunStatus.INTERRUPTED
    assert lifecycle.interrupt_stale() == [run]
    assert Lease.objects.get().is_held
    lock.release()
    assert logged(Quick.code) == [False]


def test_a_stock_process_whose_lock_was_taken_over_does_not_free_it(any_place: Place) -> None:
    first, second = LeaseLock(Quick, True), LeaseLock(Quick, True)
    assert first.lock()
    let_leases_run_out()
    assert second.lock()

    first.release()

    assert Lease.objects.get().is_held
    second.release()
    assert not Lease.objects.held().exists()
