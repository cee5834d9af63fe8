"""Runs that are stopped: asked first, then killed, wherever they run; what they printed is kept."""

from __future__ import annotations

import re
from datetime import timedelta

from django.contrib.auth.models import User
from django.utils import timezone

from backoffice.jobs import control
from backoffice.jobs.models import Job, Lease, OverlapPolicy, Run, RunStatus
from tests.jobs.core.fixture_jobs import HasOffspring, Quick
from tests.jobs.core.processes import Place, ended, seen, wait_until
from tests.jobs.core.watched_jobs import HoldsFast, IsDeaf, TidiesUp, TidiesUpInTime

CANCELLED, FAILED, SUCCEEDED = RunStatus.CANCELLED, RunStatus.FAILED, RunStatus.SUCCEEDED

SHORT_GRACE = "import backoffice.jobs.supervisor as s; s.STOP_GRACE_SECONDS = 3.0"


def output(run: Run) -> str:
    return "".join(seen(run).output.values_list("text", flat=True))


def test_a_cancelled_run_is_asked_to_stop_then_ended_and_says_who_wanted_it_and_why(place: Place) -> None:
    ann = User.objects.create_superuser("ann")
    control.change_settings(place.job(TidiesUpInTime), {"time_limit_seconds": 3, "max_retries": 3}, timezone.now())
    quick = place.queue(Quick)
    scheduler = place.start("cronloop", patch=SHORT_GRACE, JOBS_POOL_SIZE="5", JOBS_LEASE_SECONDS="30")
    ended(quick)  # its process is at hand now: on a busy machine the time limit would be over before one has started
    limited = place.queue(TidiesUpInTime)
    place.noted(TidiesUpInTime.code)
    polite, _offspring, deaf, holds = cancelled = [
        place.queue(cls) for cls in (TidiesUp, HasOffspring, IsDeaf, HoldsFast)
    ]
    Job.objects.filter(runs__in=cancelled).update(max_retries=3, overlap_policy=OverlapPolicy.WAIT)
    for name in (TidiesUp.code, "waits", "deaf", "holds-fast"):
        place.noted(name)
    waiting = place.queue(TidiesUp)
    assert control.cancel(seen(waiting), timezone.now(), by=ann, reason="not now")

    for run in cancelled:
        assert control.cancel(seen(run), timezone.now(), by=ann, reason="wrong month")
    runs = [*cancelled, limited]
    ends = [ended(run) for run in runs]

    assert [run.status for run in ends] == [CANCELLED] * 4 + [FAILED]
    assert seen(waiting).status == CANCELLED
    assert (seen(waiting).summary, seen(waiting).log) == ("Cancelled by ann. not now", None)
    assert [run.summary for run in ends[:2]] == ["Cancelled by ann. wrong month"] * 2
    ended_by_force = r"Cancelled by ann\. wrong month \(It did not stop within 3 seconds when asked to; .*\)"
    assert all(re.fullmatch(ended_by_force, run.summary) for run in ends[2:4])
    assert ends[4].summary == "Stopped: it ran longer than its time limit of 3 seconds."
    assert all(run.log and not run.log.is_success for run in ends)
    assert "KeyboardInterrupt" in (ends[0].log.message if ends[0].log else "")
    assert (output(polite), output(limited)) == ("began\ntidied up\n", "began\ntidied up\n")
    assert output(deaf) == "before it was asked\nasked, and goes on\n"
    assert output(holds) == "holds fast\n"
    jobs = [Job.objects.get(pk=run.job_id) for run in runs]
    assert [(job.retry_at, job.failures_in_a_row) for job in jobs[:4]] == [(None, 0)] * 4
    assert jobs[4].retry_at == ends[4].ended_at + timedelta(minutes=5)  # type: ignore[operator]
    assert not Lease.objects.held().exists()
    assert not control.cancel(ends[0], timezone.now(), by=ann)
    # Nothing that they started is left, and the scheduler goes on.
    assert ended(place.queue(Quick)).status == SUCCEEDED
    scheduler.terminate()
    assert scheduler.wait(10) == 0
    wait_until(lambda: not place.alive(), "all that was started to end")
