"""kill -9 in mid-run: staff see an interruption, the lock comes free, nothing is left running."""

from __future__ import annotations

import os
import signal

from django_cron.models import CronJobLog

from backoffice.jobs.models import Lease, RunStatus
from tests.jobs.core.fixture_jobs import HasOffspring, Quick, Waits
from tests.jobs.core.processes import Place, ended, let_leases_run_out, seen, wait_until
from tests.jobs.core.watched_jobs import HoldsFast


def test_a_killed_child_is_interrupted_at_once_with_all_that_its_job_started(place: Place) -> None:
    """The fork holds every descriptor of the child: its end must be noticed all the same."""
    run = place.queue(HasOffspring)
    supervisor = place.start("cronloop", JOBS_LEASE_SECONDS="60")
    place.noted("waits")

    os.kill(seen(run).pid or 0, signal.SIGKILL)
    after = ended(run)

    assert (after.status, after.log and after.log.is_success) == (RunStatus.INTERRUPTED, False)
    assert "killed from outside" in after.summary
    assert not Lease.objects.held().exists()
    wait_until(lambda: place.alive() == {supervisor.pid}, "the job's offspring to end")
    assert ended(place.queue(Quick)).status == RunStatus.SUCCEEDED


def test_a_killed_supervisor_takes_its_jobs_along_and_the_next_tick_says_so(place: Place) -> None:
    run = place.queue(HasOffspring)
    supervisor = place.start("cronloop", JOBS_LEASE_SECONDS="60")
    place.noted("waits")

    supervisor.kill()
    wait_until(lambda: not place.alive(), "child and offspring to end with their supervisor")
    assert seen(run).shown_status == RunStatus.RUNNING
    let_leases_run_out()
    assert (seen(run).shown_status, seen(run).status) == (RunStatus.INTERRUPTED, RunStatus.RUNNING)

    assert place.call("runcrons", "core.quick") == 0
    after = seen(run)
    assert (after.status, after.log and after.log.is_success) == (RunStatus.INTERRUPTED, False)
    assert not Lease.objects.held().exists()
    assert not place.alive()


def test_a_job_that_holds_the_interpreter_ends_with_its_killed_supervisor_too(place: Place) -> None:
    """No thread of the child could see to that."""
    place.queue(HoldsFast)
    supervisor = place.start("cronloop")
    place.noted("holds-fast")

    supervisor.kill()

    wait_until(lambda: not place.alive(), "the child to end")


def test_after_both_are_killed_the_next_run_takes_the_lock_within_one_term(place: Place) -> None:
    run = place.queue(Waits)
    supervisor = place.start("cronloop")
    place.noted("waits")

    os.kill(supervisor.pid, signal.SIGSTOP)  # so that it cannot tell of its child's end
    os.kill(seen(run).pid or 0, signal.SIGKILL)
    supervisor.kill()
    place.tell("end")
    wait_until(lambda: seen(run).shown_status == RunStatus.INTERRUPTED, "the lease to run out")
    again = place.queue(Waits)
    assert place.call("runcrons") == 0

    assert seen(again).status == RunStatus.SUCCEEDED
    logs = CronJobLog.objects.filter(code=Waits.code).order_by("pk")
    assert [log.is_success for log in logs] == [False, True]
