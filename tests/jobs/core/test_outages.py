"""The database goes away in mid-run, or a job loses its connection to it."""

from __future__ import annotations

import pytest
from django.db import connection
from django_cron.models import CronJobLog

from backoffice.jobs.models import Run, RunStatus
from tests.jobs.core.fixture_jobs import LosesConnection, Quick, UsesDatabase, WaitsWhenDue
from tests.jobs.core.processes import Place, ended, wait_until
from tests.services import PrivatePostgres

DUE = {"CRON_CLASSES": f"{WaitsWhenDue.__module__}.{WaitsWhenDue.__name__}"}


def running_run(place: Place) -> Run:
    place.noted("waits")
    return Run.objects.get(status=RunStatus.RUNNING)


@pytest.mark.parametrize("command", [["cronloop", "--sleep=1"], ["runcrons"]])
def test_a_run_outlives_a_restart_of_the_database(
    private_postgres_place: Place, private_postgres: PrivatePostgres, command: list[str]
) -> None:
    place = private_postgres_place
    scheduler = place.start(*command, JOBS_LEASE_SECONDS="30", **DUE)
    run = running_run(place)

    connection.close()
    private_postgres.stop()
    place.tell("end")  # it ends while nobody can write that down
    place.noted("has-waited")
    # It tries to write the end, unless it has just missed the database at another look.
    wait_until(lambda: "Could not " in place.output(), "the supervisor to notice")
    private_postgres.start()

    assert ended(run).status == RunStatus.SUCCEEDED
    assert list(CronJobLog.objects.values_list("code", "is_success")) == [(WaitsWhenDue.code, True)]
    if command[0] == "cronloop":
        scheduler.terminate()
    assert scheduler.wait(10) == 0


def test_a_longer_outage_ends_the_run_and_not_the_scheduler(
    private_postgres_place: Place, private_postgres: PrivatePostgres
) -> None:
    place = private_postgres_place
    scheduler = place.start("cronloop", "--sleep=1", **DUE)
    run = running_run(place)

    connection.close()
    private_postgres.stop()
    wait_until(lambda: run.pid not in place.alive(), "the job to be ended")
    private_postgres.start()

    after = ended(run)
    assert (after.status, after.log and after.log.is_success) == (RunStatus.INTERRUPTED, False)
    assert ended(place.queue(Quick)).status == RunStatus.SUCCEEDED
    assert scheduler.poll() is None


def test_a_job_that_loses_its_connection_fails_and_the_next_one_has_a_new_one(postgres_place: Place) -> None:
    runs = [postgres_place.queue(LosesConnection), postgres_place.queue(UsesDatabase)]

    postgres_place.start("cronloop", JOBS_POOL_SIZE="1", JOBS_POOL_MAX="1")

    lost, used = map(ended, runs)
    assert (lost.status, used.status) == (RunStatus.FAILED, RunStatus.SUCCEEDED)
    assert lost.log is not None
    assert "terminating connection due to administrator command" in lost.log.message
    assert lost.pid == used.pid
