"""The one place where ``do()`` is called: whatever a job does is an outcome."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.db import connection, transaction
from django_cron import Schedule
from django_cron.models import CronJobLog
from pytest_django import Settings

from backoffice.jobs import runner
from backoffice.jobs.models import Job, Run, RunStatus
from backoffice.jobs.runner import Circumstances
from tests.jobs.listing import Listing, at

pytestmark = pytest.mark.django_db

ALWAYS = Schedule(run_every_mins=0)


@pytest.fixture
def jobs(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Listing:
    return Listing(settings, monkeypatch)


def raising(error: BaseException):  # type: ignore[no-untyped-def]
    def do(job: object) -> None:
        raise error

    return do


@pytest.mark.parametrize(
    ("error", "summary"),
    [
        (ValueError("no such account"), "ValueError: no such account"),
        (ValueError("two\nlines"), "ValueError: two"),
        (ValueError(), "ValueError"),
        (SystemExit(), "The job called sys.exit(None)."),
        (SystemExit("gave up"), "The job called sys.exit(gave up)."),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (GeneratorExit(), "GeneratorExit"),
        (MemoryError(), "MemoryError"),
        (ExceptionGroup("two", [ValueError("a"), ValueError("b")]), "ExceptionGroup: two (2 sub-exceptions)"),
    ],
    ids=repr,
)
def test_what_a_job_raises_is_its_failure(jobs: Listing, error: BaseException, summary: str) -> None:
    outcome = runner.perform(jobs.make("raises", raising(error)))
    assert (outcome.status, outcome.summary) == (RunStatus.FAILED, summary.replace("(None)", "()"))
    assert "in do" in outcome.message
    assert outcome.is_ctrl_c == isinstance(error, KeyboardInterrupt)


def test_the_cause_of_a_failure_is_in_its_log(jobs: Listing) -> None:
    def do(job: object) -> None:
        try:
            raise OSError("connection refused")
        except OSError as error:
            raise RuntimeError("no report") from error

    message = runner.perform(jobs.make("caused", do)).message
    assert "connection refused" in message
    assert "direct cause" in message


def test_endless_recursion_is_a_failure(jobs: Listing) -> None:
    def do(job: object) -> None:
        do(job)

    assert runner.perform(jobs.make("deep", do)).summary.startswith("RecursionError")


def test_a_class_that_does_not_load_is_a_failure_that_says_so(jobs: Listing) -> None:
    outcome = runner.perform("no_such_module.Job")
    assert outcome.status == RunStatus.FAILED
    assert "no_such_module.Job cannot be imported" in outcome.message


@pytest.mark.parametrize(
    "backend", ["no_such_module.Lock", "pathlib.Path", "pathlib.NoLock", "os.getpid", "Nonsense", ""]
)
def test_a_lock_backend_that_cannot_be_used_is_named(jobs: Listing, settings: Settings, backend: str) -> None:
    settings.DJANGO_CRON_LOCK_BACKEND = backend
    outcome = runner.perform(jobs.make("locked"))
    assert outcome.status == RunStatus.FAILED
    assert f"DJANGO_CRON_LOCK_BACKEND '{backend}'" in outcome.summary


def test_a_job_in_a_transaction_of_the_caller_leaves_it_open(jobs: Listing) -> None:
    with transaction.atomic():
        runner.perform(jobs.make("nested"))
        assert connection.is_usable()


def test_a_failure_goes_to_djangos_log_if_wanted(
    jobs: Listing, settings: Settings, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("django_cron"), "propagate", True)
    jobs.add("raises", raising(ValueError("no such account")))
    jobs.tick(at("2026-03-02 08:00"))
    assert "cronjob error" not in caplog.text
    settings.DJANGO_CRON_OUTPUT_ERRORS = True
    jobs.tick(at("2026-03-02 08:01"))
    assert "raises cronjob error:\nTraceback" in caplog.text
    assert "no such account" in caplog.text


def test_what_a_job_prints_is_no_message(jobs: Listing, capsys: pytest.CaptureFixture[str]) -> None:
    def do(job: object) -> str:
        print("printed")
        return "returned"

    jobs.add("prints", do)
    jobs.tick(at("2026-03-02 08:00"))
    assert CronJobLog.objects.get(code="prints").message == "returned\n"
    assert "printed" in capsys.readouterr().out


@pytest.mark.parametrize(("did", "level"), [(raising(ValueError("no")), logging.WARNING), (None, logging.INFO)])
def test_a_failure_stands_out_in_the_log_file(
    jobs: Listing, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, did: object, level: int
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(logging.getLogger("backoffice"), "propagate", True)
    jobs.add("stands_out", *([did] if did else []))
    jobs.tick(at("2026-03-02 08:00"))
    ends = {record.levelno for record in caplog.records if record.getMessage().startswith("stands_out: run ")}
    assert ends == {level}


# --- What a job is given ----------------------------------------------------------------------------------


def test_a_dry_run_of_code_that_does_not_support_one_does_nothing_and_fails(jobs: Listing) -> None:
    done: list[object] = []
    outcome = runner.perform(jobs.make("real", done.append), Circumstances(is_dry_run=True))
    assert (outcome.status, done) == (RunStatus.FAILED, [])
    assert "does not support a dry run" in outcome.message


def test_a_job_that_supports_dry_runs_knows_whether_it_is_one(jobs: Listing) -> None:
    path = jobs.put(
        "tries", {"code": "tries", "schedule": ALWAYS, "SUPPORTS_DRY_RUN": True, "do": lambda job: str(job.is_dry_run)}
    )
    assert runner.perform(path, Circumstances(is_dry_run=True)).message == "True"
    assert runner.perform(path).message == "False"


def test_a_job_that_takes_no_attributes_runs_without_progress(jobs: Listing) -> None:
    def refuse(job: object, name: str, value: object) -> None:
        if name == "progress":
            raise AttributeError(name)
        object.__setattr__(job, name, value)

    path = jobs.put("closed", {"code": "closed", "schedule": ALWAYS, "__setattr__": refuse, "do": lambda job: "ran"})
    assert runner.perform(path).message == "ran"


def test_a_dry_run_is_no_last_success(jobs: Listing) -> None:
    job = Job.objects.create(
        code="asks", class_path=jobs.put("asks", {"code": "asks", "schedule": ALWAYS, "do": last_success})
    )
    for minute, is_dry_run in ((1, False), (2, True)):
        moment = at(f"2026-03-02 08:0{minute}")
        log = CronJobLog.objects.create(code="asks", start_time=moment, end_time=moment, is_success=True)
        values = {"due_at": moment, "queued_at": moment, "trigger": "person", "status": "succeeded"}
        Run.objects.create(job=job, log=log, is_dry_run=is_dry_run, **values)
    assert runner.perform(job.class_path).message == "2026-03-02 08:01"


def test_a_failure_is_no_last_success(jobs: Listing) -> None:
    path = jobs.put("asks", {"code": "asks", "schedule": ALWAYS, "do": last_success})
    for minute, is_success in ((1, True), (2, False)):
        moment = at(f"2026-03-02 08:0{minute}")
        CronJobLog.objects.create(code="asks", start_time=moment, end_time=moment, is_success=is_success)
    assert runner.perform(path).message == "2026-03-02 08:01"


def last_success(job: Any) -> str:
    return f"{job.get_prev_success_cron().start_time:%Y-%m-%d %H:%M}"
