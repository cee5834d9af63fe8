"""Hosts go by the clock of the database. One whose own is wrong starts nothing, and says so."""

from __future__ import annotations

import io
from datetime import datetime, timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from backoffice.jobs import lifecycle
from backoffice.jobs.clock import checked_now
from backoffice.jobs.lifecycle import Holder
from backoffice.jobs.models import Lease, Run, RunStatus
from tests.jobs.core.fixture_jobs import Quick
from tests.jobs.core.processes import Place, seen


@pytest.mark.parametrize("seconds", [-40, 40])
def test_a_host_whose_clock_is_off_claims_nothing_and_starts_nothing(
    postgres_place: Place, seconds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued = postgres_place.queue(Quick)
    now = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: now() + timedelta(seconds=seconds))
    complaints = io.StringIO()

    runcrons = ["runcrons", queued.job.class_path, "--force"]
    for arguments in (["runcrons"], runcrons, ["run_cron_jobs"]):
        call_command(*arguments, stdout=io.StringIO(), stderr=complaints)
    call_command("cronloop", "--repeat=1", stdout=io.StringIO())

    assert complaints.getvalue().count("This host's clock says") == 3
    assert [run.pk for run in Run.objects.all()] == [queued.pk]
    assert seen(queued).status == RunStatus.QUEUED


@pytest.mark.parametrize("hours", [-1, 1])
def test_leases_go_by_the_clock_of_the_database(
    postgres_place: Place, hours: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, now = postgres_place.queue(Quick), timezone.now
    monkeypatch.setattr(timezone, "now", lambda: now() + timedelta(hours=hours))

    def expiry() -> datetime:
        return Lease.objects.values_list("expires_at", flat=True).get() or now()

    assert lifecycle.start(run, Holder("here", 1, 2))
    assert now() < expiry() < now() + timedelta(minutes=10)
    assert run.token
    Lease.objects.update(expires_at=now() + timedelta(seconds=30))
    assert lifecycle.interrupt_stale() == []
    assert Lease.objects.renew([run.token]) == {run.token}
    assert now() + timedelta(seconds=30) < expiry() < now() + timedelta(minutes=10)
    Lease.objects.update(expires_at=now() - timedelta(seconds=1))
    assert lifecycle.interrupt_stale() == [run]


def test_where_clocks_differ_a_little_that_of_the_database_counts(
    postgres_place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: now() + timedelta(seconds=20))
    assert abs(checked_now() - now()) < timedelta(seconds=10)
