"""CRON_CLASSES and the rows of jobs: what is broken is told apart, named and explained, and stops nobody else."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django_cron import Schedule
from django_cron.models import CronJobLog
from pytest_django import DjangoAssertNumQueries, Settings

from backoffice.jobs import registry
from backoffice.jobs.models import Job, Run
from tests.jobs.listing import MODULE, Listing, at

pytestmark = pytest.mark.django_db

MONDAY = at("2026-03-02 08:00")

ALWAYS = Schedule(run_every_mins=0)


@pytest.fixture
def jobs(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Listing:
    return Listing(settings, monkeypatch)


def job(code: str) -> Job:
    return Job.objects.get(code=code)


def check_ids() -> list[str]:
    return [str(message.id) for message in run_checks() if str(message.id).startswith("jobs.")]


# --- Broken entries ---------------------------------------------------------------------------------------

BROKEN_MODULES = {
    "imports_what_is_not_there": "import no_such_module",
    "has_a_syntax_error": "def do(:",
    "exits": "import sys; sys.exit(2)",
    "raises_a_base_exception": "class Odd(BaseException): pass\nraise Odd('no')",
    "raises_what_cannot_be_shown": "class Odd(Exception):\n    def __str__(self): raise Odd\nraise Odd",
    "raises_what_cannot_be_stored": "raise ValueError('a\\0b\\ud800')",
    "has_no_such_class": "",
}

BROKEN_CLASSES: dict[str, tuple[str, dict[str, Any]]] = {
    "no_code": ("jobs.W003", {"schedule": ALWAYS}),
    "empty_code": ("jobs.W003", {"schedule": ALWAYS, "code": ""}),
    "long_code": ("jobs.W004", {"schedule": ALWAYS, "code": "x" * 65}),
    "no_schedule": ("jobs.W005", {"code": "no_schedule"}),
    "schedule_is_none": ("jobs.W005", {"code": "b", "schedule": None}),
    "unreadable_time": ("jobs.W005", {"code": "b", "schedule": Schedule(run_at_times=["8.30"])}),
    "unreadable_interval": ("jobs.W005", {"code": "b", "schedule": Schedule(run_every_mins="5")}),
    "endless_interval": ("jobs.W005", {"code": "b", "schedule": Schedule(run_every_mins=float("inf"))}),
    "no_number": ("jobs.W005", {"code": "b", "schedule": Schedule(run_every_mins=float("nan"))}),
    "unreadable_days": ("jobs.W005", {"code": "b", "schedule": Schedule(run_every_mins=5, run_on_days=["Mon"])}),
    "unreadable_retry": ("jobs.W005", {"code": "b", "schedule": Schedule(5, retry_after_failure_mins="x")}),
    "endless_retry": ("jobs.W005", {"code": "b", "schedule": Schedule(5, retry_after_failure_mins=float("inf"))}),
}


@pytest.fixture(params=[*BROKEN_MODULES, *BROKEN_CLASSES, "not_a_job", "not_a_path", "taken_code"])
def broken(request: pytest.FixtureRequest, jobs: Listing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """An entry that cannot be run, and the ID of the check that names it."""
    name = request.param
    if name in BROKEN_MODULES:
        (tmp_path / f"{name}.py").write_text(BROKEN_MODULES[name])
        monkeypatch.syspath_prepend(tmp_path)
        yield f"{name}.Job", "jobs.W001"
        sys.modules.pop(name, None)
    elif name in BROKEN_CLASSES:
        identity, members = BROKEN_CLASSES[name]
        yield jobs.put(name, members), identity
    elif name == "taken_code":
        yield jobs.put("another", {"code": "good", "schedule": ALWAYS}), "jobs.W006"
    else:
        yield (*{"not_a_job": ("pathlib.Path", "jobs.W002"), "not_a_path": ("Nonsense", "jobs.W001")}[name],)


def test_a_broken_entry_is_named_by_check_and_the_others_run(jobs: Listing, broken: tuple[str, str]) -> None:
    path, identity = broken
    good = jobs.make("good")
    jobs.only(good, path, jobs.make("last"))
    (message,) = [found for found in run_checks() if str(found.id).startswith("jobs.")]
    assert (message.id, message.obj, message.is_serious()) == (identity, path, False)

    out = jobs.tick(MONDAY)
    assert "[✔] good" in out
    assert "[✔] last" in out
    assert path in out
    assert set(CronJobLog.objects.values_list("code", flat=True)) == {"good", "last"}

    row = Job.objects.exclude(problem="").get()
    assert row.class_path == path
    assert row.problem == message.msg
    assert not row.runs.exists()


def test_what_is_run_by_hand_says_what_is_wrong_with_it(jobs: Listing, broken: tuple[str, str]) -> None:
    path, _identity = broken
    jobs.only(jobs.make("good"), path)
    ((_name, row, problem),) = registry.named([path], MONDAY)
    assert row is None
    assert problem is not None


def test_a_person_s_ctrl_c_in_an_import_is_not_swallowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "interrupted_import.py").write_text("raise KeyboardInterrupt")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        registry.load("interrupted_import.Job")


def test_a_mended_class_goes_on_where_it_stood(jobs: Listing, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs.add("good")
    path = jobs.add("five", run_every_mins=5)
    jobs.tick(MONDAY)
    module = sys.modules[MODULE]
    with monkeypatch.context() as patch:
        patch.delattr(module, "Five")
        for minutes in range(5, 30, 5):
            jobs.tick(MONDAY + timedelta(minutes=minutes))
        assert job("five").problem.startswith(f"{path} cannot be imported: ImportError")
        assert Run.objects.filter(job__code="five").count() == 1
    jobs.tick(MONDAY + timedelta(minutes=30))
    assert job("five").problem == ""
    late = Run.objects.filter(job__code="five").latest("pk")
    assert (late.slots_covered, late.covers_from) == (6, MONDAY + timedelta(minutes=5))


def test_a_class_that_never_loaded_leaves_no_row_when_it_is_mended(jobs: Listing) -> None:
    jobs.only(f"{MODULE}.Five")
    jobs.tick(MONDAY)
    assert job(f"{MODULE}.Five").problem
    jobs.make("five", run_every_mins=5)
    jobs.tick(MONDAY + timedelta(minutes=1))
    assert [row.code for row in Job.objects.filter(is_listed=True)] == ["five"]
    assert not Job.objects.filter(code=f"{MODULE}.Five").exists()


# --- Time zones, and timetables that never come due -------------------------------------------------------


def test_jobs_that_keep_local_times_are_held_while_the_zone_is_unknown(jobs: Listing, settings: Settings) -> None:
    jobs.add("daily", run_at_times=["08:00"])
    jobs.add("weekdays", run_every_mins=0, run_on_days=[0, 1, 2, 3, 4])
    jobs.add("always")
    settings.TIME_ZONE_PROBLEM = "TIME_ZONE 'Mars/Phobos' is not a known time zone"
    assert "[✔] always" in jobs.tick(MONDAY)
    assert set(CronJobLog.objects.values_list("code", flat=True)) == {"always"}
    assert "Mars/Phobos" in job("daily").problem
    assert "Mars/Phobos" in job("weekdays").problem
    assert check_ids() == ["jobs.W009"] * 3  # the setting, and each job that it holds


def test_an_unknown_zone_is_named_also_when_no_job_depends_on_it(jobs: Listing, settings: Settings) -> None:
    jobs.add("always")
    settings.TIME_ZONE_PROBLEM = "TIME_ZONE 'Mars/Phobos' is not a known time zone"
    assert check_ids() == ["jobs.W009"]


@pytest.mark.parametrize(
    "schedule",
    [
        {"run_every_mins": None},
        {"run_at_times": ["08:00"], "run_on_days": []},
        {"run_every_mins": 5, "run_monthly_on_days": [32]},
    ],
    ids=["nothing", "no_days", "no_such_day"],
)
def test_a_timetable_that_never_comes_due_is_named_and_can_be_run_by_hand(
    jobs: Listing, schedule: dict[str, Any]
) -> None:
    jobs.add("never", **schedule)
    assert check_ids() == ["jobs.W007"]
    jobs.tick(MONDAY)
    assert job("never").next_due_at is None
    assert not CronJobLog.objects.exists()
    assert "[✔] never" in jobs.tick(MONDAY, "never", force=True)


# --- Rows -------------------------------------------------------------------------------------------------


def test_a_sync_that_changes_nothing_is_one_query(
    jobs: Listing, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for code in ("one", "two", "three"):
        jobs.add(code, run_every_mins=5)
    registry.sync(MONDAY)
    with django_assert_num_queries(1):
        registry.sync(MONDAY)


def test_a_class_that_moved_keeps_its_row(jobs: Listing) -> None:
    jobs.add("five", run_every_mins=5)
    jobs.tick(MONDAY)
    moved = jobs.put("moved", {"code": "five", "schedule": Schedule(run_every_mins=5)})
    jobs.only(moved)
    jobs.tick(MONDAY + timedelta(minutes=1))
    assert job("five").class_path == moved
    assert job("five").next_due_at == MONDAY + timedelta(minutes=5)


def test_a_class_that_is_gone_keeps_its_row_and_its_runs(jobs: Listing) -> None:
    jobs.add("five", run_every_mins=5)
    jobs.tick(MONDAY)
    jobs.only()
    jobs.tick(MONDAY + timedelta(minutes=5))
    assert not job("five").is_listed
    assert job("five").runs.count() == 1


def test_what_staff_have_set_stays_when_the_class_changes(jobs: Listing) -> None:
    jobs.add("five", run_every_mins=5)
    registry.sync(MONDAY)
    Job.objects.filter(code="five").update(is_enabled=False, missed_policy="record")
    jobs.make("five", run_every_mins=7)
    registry.sync(MONDAY)
    row = job("five")
    assert (row.is_enabled, row.missed_policy, row.timetable.every_minutes) == (False, "record", 7)


def test_a_changed_timetable_is_counted_from_now(jobs: Listing) -> None:
    jobs.add("report", run_at_times=["08:00"])
    jobs.tick(MONDAY)
    jobs.make("report", run_at_times=["07:00", "09:00"])
    registry.sync(MONDAY + timedelta(minutes=10))
    assert job("report").next_due_at == MONDAY + timedelta(hours=1)


@pytest.mark.parametrize(
    ("members", "everywhere", "seconds"),
    [
        ({}, 600, 600),
        ({"DJANGO_CRON_LOCK_TIME": 90}, 600, 90),
        ({"DJANGO_CRON_LOCK_TIME": 10**12}, 600, 2**31 - 1),
        ({"DJANGO_CRON_LOCK_TIME": float("inf")}, 600, 2**31 - 1),
        ({"DJANGO_CRON_LOCK_TIME": "long"}, 600, 24 * 3600),
        ({"DJANGO_CRON_LOCK_TIME": 90}, None, 90),
        ({}, None, 24 * 3600),
    ],
)
def test_a_time_limit_comes_from_the_class_or_from_the_setting(
    jobs: Listing, settings: Settings, members: dict[str, Any], everywhere: int | None, seconds: int
) -> None:
    if everywhere is None:
        del settings.DJANGO_CRON_LOCK_TIME
    else:
        settings.DJANGO_CRON_LOCK_TIME = everywhere
    jobs.only(jobs.put("limited", {"code": "limited", "schedule": ALWAYS} | members))
    registry.sync(MONDAY)
    assert job("limited").lock_seconds == seconds


# --- Names on the command line ----------------------------------------------------------------------------


def test_names_are_class_paths_or_codes_also_of_what_is_not_listed(jobs: Listing) -> None:
    listed = jobs.add("app.listed")
    unlisted = jobs.make("app.unlisted")
    rows = {name: row for name, row, _problem in registry.named(["app.listed", listed, unlisted], MONDAY)}
    assert [row and row.code for row in rows.values()] == ["app.listed", "app.listed", "app.unlisted"]
    ((_name, row, _problem),) = registry.named(["app.unlisted"], MONDAY)  # known since its first run
    assert row is not None
    assert not row.is_listed


def test_a_listed_class_may_be_called_by_another_path(jobs: Listing) -> None:
    jobs.add("five", run_every_mins=5)
    module = sys.modules[MODULE]
    module.Alias = module.Five  # type: ignore[attr-defined]
    ((_name, row, problem),) = registry.named([f"{MODULE}.Alias"], MONDAY)
    assert problem is None
    assert row is not None
    assert (row.is_listed, row.class_path) == (True, f"{MODULE}.Five")


def test_an_unlisted_class_may_not_take_the_code_of_a_listed_one(jobs: Listing) -> None:
    jobs.add("five", run_every_mins=5)
    ((_name, row, problem),) = registry.named([jobs.put("other", {"code": "five", "schedule": ALWAYS})], MONDAY)
    assert row is None
    assert problem is not None
    assert problem.id == "jobs.W006"
