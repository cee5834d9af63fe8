"""A lock that a person cleared while its run lived: with real processes, the run ends and writes nothing."""

from __future__ import annotations

from django.utils import timezone
from django_cron.models import CronJobLog

from backoffice.jobs import control
from backoffice.jobs.models import RunStatus
from tests.jobs.core.fixture_jobs import Waits
from tests.jobs.core.processes import Place, seen, wait_until


def test_the_process_of_a_run_whose_lock_was_cleared_is_ended_and_its_end_is_not_written(any_place: Place) -> None:
    run = any_place.queue(Waits)
    scheduler = any_place.start("cronloop")
    child = any_place.noted("waits")

    assert control.clear_lock(run.job, timezone.now(), reason="it takes so long", force=True)
    assert seen(run).status == RunStatus.INTERRUPTED
    wait_until(lambda: child not in any_place.alive(), "the child to be ended")

    wait_until(lambda: "its end is not recorded" in any_place.output(), "the supervisor to let go of the run")
    assert scheduler.poll() is None
    assert seen(run).status == RunStatus.INTERRUPTED
    (log,) = CronJobLog.objects.filter(code=Waits.code)
    assert log.message == "Interrupted: its lock was cleared by the command line. it takes so long\n"
