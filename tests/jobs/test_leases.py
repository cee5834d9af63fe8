"""What a lease promises on its own, without processes."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from backoffice.jobs import control, lifecycle
from backoffice.jobs.lifecycle import Holder, Outcome
from backoffice.jobs.models import Job, Lease, Run, RunStatus

pytestmark = pytest.mark.django_db

HERE = Holder("host-a", 77, 78)


def queued() -> Run:
    job, _new = Job.objects.get_or_create(code="shop.tidy", defaults={"class_path": "shop.cron.Tidy"})
    return control.run_now(job, timezone.now())


def test_a_sign_of_life_is_for_ones_own_leases_alone() -> None:
    """Else a scheduler that lives would keep the locks of one that died."""
    ours, theirs = (
        Lease.objects.create(key=key, token=uuid.uuid4(), expires_at=timezone.now() + timedelta(seconds=1))
        for key in ("ours", "theirs")
    )
    taken_over = uuid.uuid4()
    assert ours.token
    assert Lease.objects.renew([ours.token, taken_over]) == {ours.token}
    assert Lease.objects.get(key="theirs").expires_at == theirs.expires_at
    assert Lease.objects.get(key="ours").expires_at > ours.expires_at  # type: ignore[operator]


def test_what_gave_a_sign_of_life_since_it_was_found_stale_goes_on() -> None:
    run = queued()
    assert lifecycle.start(run, HERE)
    assert not lifecycle._interrupt(run)
    assert Run.objects.get().status == RunStatus.RUNNING
    assert Lease.objects.get().is_held


def test_a_run_that_was_cancelled_as_it_was_to_start_takes_no_lock() -> None:
    run = queued()
    assert control.cancel(run, timezone.now())
    assert not lifecycle.start(run, HERE)
    assert Run.objects.get().status == RunStatus.CANCELLED
    assert not Lease.objects.held().exists()


def test_who_clears_a_lock_that_has_changed_hands_since_takes_nothing_from_the_new_holder() -> None:
    before, after = queued(), queued()
    assert lifecycle.start(before, HERE)
    seen = Lease.objects.select_related("run__job").get()
    assert lifecycle.finish(before, Outcome(RunStatus.SUCCEEDED))
    assert lifecycle.start(after, HERE)
    assert not lifecycle.take_away(seen, "cleared")
    assert Lease.objects.get().token == after.token
    assert set(Run.objects.values_list("status", flat=True)) == {RunStatus.SUCCEEDED, RunStatus.RUNNING}


def test_a_clock_that_is_set_back_in_mid_run_makes_no_run_end_before_it_began() -> None:
    run = queued()
    assert lifecycle.start(run, HERE)
    ahead = timezone.now() + timedelta(hours=1)
    Run.objects.filter(pk=run.pk).update(started_at=ahead)
    run.started_at = ahead
    assert lifecycle.finish(run, Outcome(RunStatus.SUCCEEDED))
    run.refresh_from_db()
    assert run.ended_at == run.log.end_time == ahead
