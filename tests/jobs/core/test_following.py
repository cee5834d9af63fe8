"""What a run prints, logs and tells of its progress: seen while it goes on, kept up to a limit, and nobody else's."""

from __future__ import annotations

import os
import signal

from django.conf import settings
from django.utils import timezone

from backoffice.jobs import control
from backoffice.jobs.models import Run, RunStatus
from tests.jobs.core.fixture_jobs import Quick
from tests.jobs.core.processes import Place, ended, seen, wait_until
from tests.jobs.core.watched_jobs import TellsMuch, TellsOn


def output(run: Run) -> str:
    return "".join(seen(run).output.values_list("text", flat=True))


def progress(run: Run) -> tuple[float | None, float | None, str]:
    now = seen(run)
    return now.progress_done, now.progress_total, now.progress_what


def test_a_run_can_be_followed_and_its_output_is_kept_up_to_a_limit(postgres_place: Place) -> None:
    place = postgres_place
    run = control.run_now(place.job(TellsMuch), timezone.now(), dry_run=True)
    place.start("cronloop", JOBS_POOL_SIZE="1", JOBS_POOL_MAX="1", JOBS_LEASE_SECONDS="30")
    place.noted("halfway")

    wait_until(lambda: progress(run) == (100_000, 200_000, "halfway"), "the progress")
    wait_until(lambda: "logged at level info" in output(run), "what it logs")
    assert output(run).startswith("printed, 报\n")
    assert seen(run).status == RunStatus.RUNNING

    place.tell("go-on")
    place.noted("too-much")
    wait_until(lambda: "of what comes now, only the end is kept" in output(run), "it to say that there is too much")
    place.tell("end")
    after = ended(run)

    assert (after.status, after.summary) == (RunStatus.SUCCEEDED, "Dry run: dry: True")
    assert progress(run) == (200_000, 200_000, "all of it")
    kept = output(run)
    assert "line 000000 of what" in kept
    assert "bytes left out …]" in kept
    assert kept.endswith("line 049999 of what is too much\nthe very last words\n")
    assert settings.JOBS_OUTPUT_LIMIT < len(kept.encode()) < settings.JOBS_OUTPUT_LIMIT + 20_000
    assert (after.job.last_run, after.job.last_success_at) == (None, None), (
        "a dry run says nothing of how the job stands"
    )
    assert output(ended(place.queue(Quick))) == "", "the next run in the same process has its own"


def test_a_run_that_lost_its_lock_changes_neither_output_nor_progress_and_a_killed_one_keeps_its_own(
    place: Place,
) -> None:
    run = place.queue(TellsOn)
    place.start("cronloop", JOBS_LEASE_SECONDS="60")  # no heartbeat for ten seconds: it could go on to write
    place.noted("tells-on")
    wait_until(lambda: output(run) and progress(run)[0], "output and progress")

    assert control.clear_lock(run.job, timezone.now(), reason="stuck", force=True)
    before = output(run), progress(run)
    child = seen(run).pid
    wait_until(lambda: child not in place.alive(), "its process to be ended")
    again = place.queue(TellsOn)
    wait_until(lambda: "step 2\n" in output(again) and progress(again)[0], "output and progress of the next")
    os.kill(seen(again).pid or 0, signal.SIGKILL)

    assert ended(again).status == RunStatus.INTERRUPTED
    assert output(again).startswith("step 1\nstep 2\n")
    assert seen(run).status == RunStatus.INTERRUPTED
    assert (output(run), progress(run)) == before
