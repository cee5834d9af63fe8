"""``runcrons``: class paths and job codes, stock's options, and what a crontab gets to see."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone
from django_cron.models import CronJobLog
from pytest_django import Settings

from backoffice.jobs import control, registry
from backoffice.jobs.executors.base import EXECUTORS
from backoffice.jobs.models import Job, Run, RunStatus, RunTrigger
from tests.jobs.installation import TWO_CHILDREN, Installation
from tests.jobs.listing import Listing, at

pytestmark = pytest.mark.django_db

MONDAY = at("2026-03-02 08:00")

JOBS = "tests.jobs.contract_jobs"


@pytest.fixture
def jobs(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Listing:
    return Listing(settings, monkeypatch)


def ran() -> list[str]:
    return list(CronJobLog.objects.order_by("pk").values_list("code", flat=True))


# --- Names ------------------------------------------------------------------------------------------------


def test_without_names_all_that_is_due_is_run(jobs: Listing) -> None:
    jobs.add("app.one")
    jobs.add("app.two", run_at_times=["09:00"])
    jobs.make("app.unlisted")
    out = jobs.tick(MONDAY)
    assert ran() == ["app.one"]
    assert "[✔] app.one" in out
    assert "[ ] app.two" in out


def test_names_may_be_class_paths_and_codes_listed_or_not(jobs: Listing) -> None:
    first, second = jobs.add("app.one"), jobs.add("app.two")
    jobs.add("app.three")
    unlisted = jobs.make("app.unlisted")
    jobs.tick(MONDAY, first, "app.two", unlisted)
    assert ran() == ["app.one", "app.two", "app.unlisted"]
    jobs.tick("2026-03-02 08:01", "app.unlisted", second)
    assert ran()[3:] == ["app.unlisted", "app.two"]


def test_unknown_names_are_each_named_and_the_good_ones_run(jobs: Listing) -> None:
    jobs.add("app.one")
    out, err = StringIO(), StringIO()
    call_command("runcrons", "app.nothing", "app.one", "no_such_module.Job", stdout=out, stderr=err)
    assert ran() == ["app.one"]
    for stream in (out, err):
        assert "Make sure these are valid cron class names: app.nothing" in stream.getvalue()
        assert "Make sure these are valid cron class names: no_such_module.Job" in stream.getvalue()


def test_a_word_that_is_no_job_is_said_to_be_none(jobs: Listing) -> None:
    assert "There is no job 'nothing'. See: manage.py jobs list" in jobs.tick(MONDAY, "nothing")


def test_a_console_that_shows_both_streams_gets_what_is_wrong_once(
    jobs: Listing, monkeypatch: pytest.MonkeyPatch
) -> None:
    console = StringIO()
    monkeypatch.setattr(console, "isatty", lambda: True)
    call_command("runcrons", "nothing", stdout=console, stderr=console)
    assert console.getvalue().count("There is no job 'nothing'") == 1


def test_unknown_names_give_the_command_line_exit_status_1(tmp_path: Path) -> None:
    office = Installation(tmp_path, JOBS_EXECUTOR="inline")
    names = ["app.nothing", "b\udcfcro.nothing", f"{JOBS}.Succeeds", "no_such_module.Job"]  # “ü” in Latin-1
    result = office.manage("runcrons", *names, check=False)
    assert result.returncode == 1
    assert len(office.logs("succeeds")) == 1
    for stream in (result.stdout, result.stderr):
        assert "app.nothing" in stream
        assert "ro.nothing" in stream
        assert "no_such_module.Job" in stream


def test_a_module_that_is_not_there_does_not_stop_the_listed_others(jobs: Listing) -> None:
    jobs.only(jobs.make("app.one"), "no_such_module.Job", jobs.make("app.two"))
    out = jobs.tick(MONDAY)
    assert ran() == ["app.one", "app.two"]
    assert "no_such_module.Job" in out


def test_a_class_without_a_code_is_told_in_stocks_words(jobs: Listing, caplog: pytest.LogCaptureFixture) -> None:
    path = jobs.put("nameless", {"schedule": None})
    assert "Cron class 'Nameless' does not have a code attribute" in jobs.tick(MONDAY, path)


# --- Options ----------------------------------------------------------------------------------------------


def test_force_runs_what_is_not_due_and_leaves_the_timetable_alone(jobs: Listing) -> None:
    jobs.add("daily", run_at_times=["09:00"])
    jobs.tick(MONDAY)
    assert "[✔] daily" in jobs.tick(MONDAY, force=True)
    assert Run.objects.get(job__code="daily").trigger == RunTrigger.COMMAND
    assert Job.objects.get(code="daily").next_due_at == at("2026-03-02 09:00")
    jobs.tick("2026-03-02 09:00")
    assert ran() == ["daily", "daily"]


def test_silent_writes_nothing(jobs: Listing) -> None:
    jobs.add("one")
    jobs.add("fails", lambda job: 1 / 0)
    assert jobs.tick(MONDAY, silent=True) == ""
    assert ran() == ["one", "fails"]


def test_a_dry_run_shows_what_would_be_run_and_changes_nothing(jobs: Listing) -> None:
    jobs.add("due", run_every_mins=5)
    jobs.add("not_due", run_at_times=["09:00"])
    for _again in range(2):
        out = jobs.tick(MONDAY, dry_run=True)
        assert "[✔] due" in out
        assert "[ ] not_due\n    not due before 2026-03-02 09:00:00\n" in out
    assert "[✔] not_due" in jobs.tick(MONDAY, dry_run=True, force=True)
    assert ran() == []
    assert not Run.objects.exists()
    assert not Job.objects.filter(code__in=["due", "not_due"]).exists()


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"is_enabled": False}, "switched off"),
        ({"next_due_at": None, "next_slot_at": None}, "never due"),
    ],
)
def test_a_dry_run_says_why_a_job_that_is_named_is_not_due(jobs: Listing, values: dict[str, object], why: str) -> None:
    jobs.add("one", run_at_times=["09:00"])
    registry.sync(MONDAY)
    Job.objects.filter(code="one").update(**values)
    assert f"[ ] one\n    {why}\n" in jobs.tick(MONDAY, "one", dry_run=True)


def test_a_dry_run_says_who_has_paused_a_job_that_is_named(jobs: Listing) -> None:
    jobs.add("one")
    registry.sync(MONDAY)
    control.pause(Job.objects.get(code="one"), MONDAY, reason="stocktaking")
    out = jobs.tick("2026-03-02 08:01", "one", dry_run=True)
    assert "[ ] one\n    paused by the command line since 2026-03-02 08:00, for good: stocktaking\n" in out


def test_a_dry_run_leaves_what_is_queued(jobs: Listing) -> None:
    jobs.add("one", run_at_times=["09:00"])
    registry.sync(MONDAY)
    control.run_now(Job.objects.get(code="one"), MONDAY)
    jobs.tick(MONDAY, dry_run=True)
    assert ran() == []


def test_a_failure_is_marked_with_its_reason_and_is_no_failure_of_the_tick(jobs: Listing) -> None:
    jobs.add("fails", lambda job: 1 / 0)
    out = jobs.tick(MONDAY)
    assert "[✘] fails\n    ZeroDivisionError: division by zero" in out


# --- What is switched off, and what others have queued ----------------------------------------------------


def test_what_is_switched_off_is_run_by_force_alone(jobs: Listing) -> None:
    jobs.add("one")
    jobs.tick(MONDAY)
    Job.objects.filter(code="one").update(is_enabled=False)
    jobs.tick("2026-03-02 08:01")
    assert "[ ] one" in jobs.tick("2026-03-02 08:02", "one")
    assert ran() == ["one"]
    assert "[✔] one" in jobs.tick("2026-03-02 08:03", "one", force=True)


def test_a_tick_runs_what_people_have_queued_and_one_with_names_does_not(jobs: Listing) -> None:
    jobs.add("daily", run_at_times=["09:00"])
    jobs.add("other", run_at_times=["09:00"])
    registry.sync(MONDAY)
    queued = control.run_now(Job.objects.get(code="daily"), MONDAY)
    jobs.tick(MONDAY, "other")
    assert ran() == []
    jobs.tick(MONDAY)
    queued.refresh_from_db()
    assert (queued.status, ran()) == (RunStatus.SUCCEEDED, ["daily"])


@pytest.mark.parametrize("executor", sorted(EXECUTORS))
def test_a_tick_runs_all_that_is_queued_however_much(executor: str, tmp_path: Path) -> None:
    office = Installation(tmp_path, f"{JOBS}.MayRunBesideItself", JOBS_EXECUTOR=executor, **TWO_CHILDREN)
    office.manage("runcrons")
    office.rows(
        "INSERT INTO jobs_run"
        " (job_id, status, trigger, due_at, queued_at, slots_covered, reason, is_dry_run, host, summary)"
        " WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9)"
        " SELECT job_id, 'queued', 'person', due_at, queued_at, 1, '', 0, '', '' FROM n, jobs_run"
    )
    office.manage("runcrons")
    assert [run["status"] for run in office.runs("beside_itself")] == ["succeeded"] * 11


def test_a_run_whose_job_became_broken_fails_and_says_why(jobs: Listing) -> None:
    jobs.add("daily", run_at_times=["09:00"])
    registry.sync(MONDAY)
    queued = control.run_now(Job.objects.get(code="daily"), timezone.now())
    Job.objects.filter(code="daily").update(problem="")
    jobs.put("daily", {"code": "daily"})  # no schedule any more
    jobs.tick(MONDAY)
    queued.refresh_from_db()
    assert queued.status == RunStatus.FAILED
    assert "The schedule of daily cannot be read" in queued.summary
    assert not CronJobLog.objects.get(code="daily").is_success
