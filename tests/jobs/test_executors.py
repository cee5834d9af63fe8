"""What every executor promises, tick by tick in processes of their own. A new one is one more name here."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils.module_loading import import_string

from backoffice.jobs.executors.base import EXECUTORS, Executor
from backoffice.jobs.told import MARK
from tests.jobs.installation import TWO_CHILDREN, Installation

JOBS = "tests.jobs.contract_jobs"

WELL_BEHAVED_OR_NOT = [
    "Raises",
    "Exits",
    "ExitsWithZero",
    "IsHeld",
    "MayRunBesideItself",
    "Remembers",
    "CannotBeMade",
    "DoIsAGenerator",
    "DoIsAsync",
    "TellsOfItself",
    "HasItsOwnProgress",
    "CancelsItself",
    "Succeeds",
]


@pytest.fixture(scope="module", params=sorted(EXECUTORS))
def executor(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def class_of(executor: str) -> type[Executor]:
    found: type[Executor] = import_string(EXECUTORS[executor])
    return found


@pytest.fixture(scope="module")
def ticked(executor: str, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """After two ticks with all the jobs; ``is_held`` is running on another host."""
    paths = [f"{JOBS}.{name}" for name in WELL_BEHAVED_OR_NOT]
    office = Installation(tmp_path_factory.mktemp(executor), *paths, JOBS_EXECUTOR=executor, **TWO_CHILDREN)
    office.hold_lease("is_held")
    office.hold_lease("beside_itself")
    for _tick in range(2):
        office.manage("runcrons")
    return office


def test_a_success_is_recorded_with_its_message(ticked: Installation) -> None:
    run = ticked.runs("succeeds")[0]
    log = ticked.logs("succeeds")[0]
    assert (run["status"], run["summary"], run["trigger"]) == ("succeeded", "sent 3 mails", "slot")
    assert (bool(log["is_success"]), log["message"]) == (True, "sent 3 mails\n")
    assert run["log_id"] == log["id"]
    assert run["host"]
    assert run["pid"]
    assert run["queued_at"] <= run["started_at"] <= run["ended_at"]
    assert (run["started_at"], run["ended_at"]) == (log["start_time"], log["end_time"])


def test_a_failure_is_recorded_with_its_traceback(ticked: Installation) -> None:
    run = ticked.runs("raises")[0]
    log = ticked.logs("raises")[0]
    assert (run["status"], run["summary"]) == ("failed", "ValueError: the mail server said no")
    assert not log["is_success"]
    assert log["message"].startswith("Traceback (most recent call last):")
    assert "in do\n" in log["message"]
    assert log["message"].endswith("ValueError: the mail server said no\n\n")


@pytest.mark.parametrize(("code", "status"), [("exits", "3"), ("exits_with_zero", "0")])
def test_a_job_that_exits_has_failed_and_nobody_else(ticked: Installation, code: str, status: str) -> None:
    run = ticked.runs(code)[0]
    assert (run["status"], run["summary"]) == ("failed", f"The job called sys.exit({status}).")
    stored = ticked.rows(f"SELECT summary FROM jobs_run WHERE id = {run['id']}")[0]["summary"]
    assert stored.startswith(MARK), "whatever process it comes from, each reader reads it in their own language"
    assert [bool(log["is_success"]) for log in ticked.logs(code)] == [False, False]


def test_a_job_that_cannot_be_made_has_failed(ticked: Installation) -> None:
    assert ticked.runs("cannot_be_made")[0]["summary"] == "ValueError: no such account"
    assert "no such account" in ticked.logs("cannot_be_made")[0]["message"]


@pytest.mark.parametrize("code", ["do_is_a_generator", "do_is_async"])
def test_a_do_that_would_do_nothing_is_no_success(ticked: Installation, code: str) -> None:
    assert ticked.runs(code)[0]["status"] == "failed"
    assert "make it a plain method" in ticked.logs(code)[0]["message"]


def test_a_job_whose_lock_is_held_is_skipped_and_says_by_whom(ticked: Installation) -> None:
    run = ticked.runs("is_held")[0]
    assert run["status"] == "skipped"
    assert run["summary"] == "still running since 2020-01-01 08:00:00 on host-b"
    assert ticked.logs("is_held") == []


def test_a_job_that_allows_parallel_runs_runs_beside_itself(ticked: Installation) -> None:
    assert [run["status"] for run in ticked.runs("beside_itself")] == ["succeeded", "succeeded"]


def test_a_job_can_ask_for_its_last_success(ticked: Installation) -> None:
    assert [log["message"] for log in ticked.logs("remembers")] == ["before: never\n", "before: before: never\n"]


def test_each_tick_ran_each_job_once(ticked: Installation) -> None:
    codes = {
        row["code"]: row["n"]
        for row in ticked.rows("SELECT code, count(*) AS n FROM django_cron_cronjoblog GROUP BY code")
    }
    assert len(codes) == len(WELL_BEHAVED_OR_NOT) - 1  # is_held has none
    assert set(codes.values()) == {2}


def test_the_jobs_summary_says_how_it_stands(ticked: Installation) -> None:
    jobs = {row["code"]: row for row in ticked.rows("SELECT * FROM jobs_job")}
    assert jobs["raises"]["failures_in_a_row"] == 2
    assert jobs["raises"]["last_success_at"] is None
    assert jobs["succeeds"]["failures_in_a_row"] == 0
    assert jobs["succeeds"]["last_success_at"] == ticked.runs("succeeds")[1]["started_at"]
    assert jobs["succeeds"]["last_run_id"] == ticked.runs("succeeds")[1]["id"]


def test_what_a_job_tells_of_its_progress_stands_in_its_run(ticked: Installation) -> None:
    run = ticked.runs("tells_of_itself")[0]
    assert (run["progress_done"], run["progress_total"], run["progress_what"]) == (3, 12, "mails")


def test_a_job_that_means_something_else_by_progress_keeps_it(ticked: Installation) -> None:
    assert ticked.runs("its_own_progress")[0]["summary"] == "under way"


def test_what_a_job_prints_is_kept_where_the_executor_keeps_it(ticked: Installation, executor: str) -> None:
    run = ticked.runs("tells_of_itself")[0]
    rows = ticked.rows(f"SELECT text FROM jobs_runoutput WHERE run_id = {run['id']} ORDER BY position")
    assert "".join(row["text"] for row in rows) == ("what it prints\n" if class_of(executor).keeps_output else "")


def test_a_run_can_be_cancelled_where_the_executor_offers_it(ticked: Installation, executor: str) -> None:
    run = ticked.runs("cancels_itself")[0]
    if class_of(executor).offers_cancel:
        assert (run["status"], run["summary"]) == ("cancelled", "Cancelled by the command line. enough")
    else:
        assert (run["status"], run["summary"]) == ("succeeded", "cannot be cancelled")


def test_no_lock_is_left(ticked: Installation) -> None:
    assert {row["key"] for row in ticked.held_leases()} == {"is_held", "beside_itself"}  # those of host-b


def test_an_interrupt_raised_by_a_job_is_its_failure(executor: str, tmp_path: Path) -> None:
    office = Installation(tmp_path, f"{JOBS}.Interrupts", f"{JOBS}.Succeeds", JOBS_EXECUTOR=executor)
    office.manage("runcrons", check=False)  # inline it may be a person's Ctrl-C, and ends the command
    assert [run["status"] for run in office.runs("interrupts")] == ["failed"]
    assert office.logs("interrupts")[0]["message"].endswith("KeyboardInterrupt\n\n")
    assert office.held_leases() == []


# --- The lock backends of others ------------------------------------------------------------------------


BACKENDS = {"database": "database.DatabaseLock", "cache": "cache.CacheLock", "file": "file.FileLock"}


@pytest.fixture(params=sorted(BACKENDS))
def locked_by(request: pytest.FixtureRequest, executor: str, tmp_path: Path) -> tuple[str, Installation]:
    """A job under one of stock's lock backends; the cache is a Redis server."""
    environment = {"JOBS_EXECUTOR": executor}
    environment["DJANGO_CRON_LOCK_BACKEND"] = f"django_cron.backends.lock.{BACKENDS[request.param]}"
    if request.param == "file":
        environment["PYTHONWARNINGS"] = "error,ignore:line buffering:RuntimeWarning"  # its own doing
    if request.param == "cache":
        environment["CACHE_URL"] = request.getfixturevalue("redis_url")
    return request.param, Installation(tmp_path, f"{JOBS}.Watches", **environment)


def test_another_lock_backend_is_held_during_the_run_and_freed_after_it(locked_by: tuple[str, Installation]) -> None:
    kind, office = locked_by
    for _tick in range(2):
        office.manage("runcrons")
    assert [log["message"] for log in office.logs("watches")] == [f"{kind}\n", f"{kind}\n"]
    locks = office.rows("SELECT job_name, locked FROM django_cron_cronjoblock")
    assert [bool(lock["locked"]) for lock in locks] == ([False] if kind == "database" else [])


def test_a_run_is_skipped_when_another_lock_backend_says_so(executor: str, tmp_path: Path) -> None:
    backend = "django_cron.backends.lock.database.DatabaseLock"
    office = Installation(tmp_path, f"{JOBS}.Succeeds", JOBS_EXECUTOR=executor, DJANGO_CRON_LOCK_BACKEND=backend)
    name = f"{JOBS}.Succeeds"
    office.rows(f"INSERT INTO django_cron_cronjoblock (job_name, locked) VALUES ('{name}', 1)")
    office.manage("runcrons")
    run = office.runs("succeeds")[0]
    assert (run["status"], run["summary"]) == ("skipped", f"{name}: lock found. Will try later.")
    assert office.logs("succeeds") == []
    assert office.held_leases() == []


def test_a_job_that_allows_parallel_runs_asks_no_lock_backend(executor: str, tmp_path: Path) -> None:
    backend, name = "django_cron.backends.lock.database.DatabaseLock", f"{JOBS}.MayRunBesideItself"
    office = Installation(tmp_path, name, JOBS_EXECUTOR=executor, DJANGO_CRON_LOCK_BACKEND=backend)
    office.rows(f"INSERT INTO django_cron_cronjoblock (job_name, locked) VALUES ('{name}', 1)")
    office.manage("runcrons")
    assert [log["message"] for log in office.logs("beside_itself")] == ["ran\n"]


def test_a_lock_backend_that_cannot_be_used_fails_the_run_and_not_the_tick(executor: str, tmp_path: Path) -> None:
    backend = "no_such_module.Lock"
    office = Installation(tmp_path, f"{JOBS}.Succeeds", JOBS_EXECUTOR=executor, DJANGO_CRON_LOCK_BACKEND=backend)
    office.manage("runcrons")
    run = office.runs("succeeds")[0]
    assert run["status"] == "failed"
    assert f"DJANGO_CRON_LOCK_BACKEND '{backend}'" in run["summary"]
    assert [bool(log["is_success"]) for log in office.logs("succeeds")] == [False]
    assert office.held_leases() == []
