"""A host whose clock is wrong starts nothing, and says so."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from backoffice.jobs.models import Run, RunStatus
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
