"""A scheduler that is told to stop: soon, honestly, and with nothing left behind."""

from __future__ import annotations

import signal

import pytest
from django.utils import timezone

from backoffice.jobs.models import Lease, RunStatus
from tests.jobs.core.fixture_jobs import HasOffspring, WaitsToo, WritesLong
from tests.jobs.core.processes import Place, seen, wait_until

# A sign of life every second; a lease that does not run out meanwhile.
EVERY_SECOND = "import backoffice.jobs.heartbeat as h; h.BEATS_PER_LEASE = 60"


@pytest.mark.parametrize(("command", "number"), [("cronloop", signal.SIGTERM), ("runcrons", signal.SIGINT)])
def test_a_scheduler_that_is_stopped_ends_within_ten_seconds_and_says_what_became_of_its_runs(
    place: Place, command: str, number: signal.Signals
) -> None:
    ends_in_time, does_not = place.queue(WaitsToo), place.queue(HasOffspring)
    scheduler = place.start(command)
    place.noted("waits")
    place.noted("waits-too")

    scheduler.send_signal(number)
    place.tell("end-too")

    assert scheduler.wait(10) == 0
    assert (seen(ends_in_time).status, seen(does_not).status) == (RunStatus.SUCCEEDED, RunStatus.INTERRUPTED)
    log = seen(does_not).log
    assert log is not None
    assert not log.is_success
    assert "the scheduler was stopped" in log.message
    assert not Lease.objects.held().exists()
    assert not place.alive()


def test_a_scheduler_that_waits_for_a_long_transaction_stops_in_time_too(place: Place) -> None:
    """On SQLite nobody else can write meanwhile: neither a sign of life nor how the run ended."""
    run = place.queue(WritesLong)
    scheduler = place.start("cronloop", patch=EVERY_SECOND, JOBS_LEASE_SECONDS="60")
    place.noted("writing")
    wait_until(lambda: silence(Lease.objects.get()) > 3, "heartbeats to be missed")

    scheduler.terminate()

    assert scheduler.wait(10) == 0
    assert seen(run).status == RunStatus.INTERRUPTED
    assert not place.alive()


def silence(lease: Lease) -> float:
    """Seconds since its last sign of life."""
    assert lease.heartbeat_at is not None
    return (timezone.now() - lease.heartbeat_at).total_seconds()
