"""What a tick claims: every due slot, once, whatever happened to the clock or to the ticks before."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import translation
from django_cron.models import CronJobLog
from pytest_django import DjangoAssertNumQueries, Settings

from backoffice.jobs import registry, scheduler
from backoffice.jobs.models import Job, MissedPolicy, Run, RunStatus, RunTrigger
from tests.jobs.installation import Installation
from tests.jobs.listing import Listing, at

pytestmark = pytest.mark.django_db

MONDAY = at("2026-03-02 08:00")


@pytest.fixture
def jobs(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Listing:
    return Listing(settings, monkeypatch)


def tick(now: datetime) -> list[Run]:
    """A tick as the commands do it."""
    registry.sync(now)
    return scheduler.tick(now)


def ticks(*moments: str) -> list[str]:
    """The codes that these ticks claimed, each with its moment."""
    return [f"{moment} {run.job.code}" for moment in moments for run in tick(at(moment))]


# --- Slots ------------------------------------------------------------------------------------------------


def test_a_new_interval_job_runs_at_once_and_then_every_interval(jobs: Listing) -> None:
    jobs.add("five", run_every_mins=5)
    moments = ["2026-03-02 08:00:17", "2026-03-02 08:04:59", "2026-03-02 08:05:00", "2026-03-02 08:09:30"]
    assert ticks(*moments) == ["2026-03-02 08:00:17 five", "2026-03-02 08:05:00 five"]


def test_every_zero_minutes_runs_with_each_tick(jobs: Listing) -> None:
    jobs.add("always", run_every_mins=0)
    moments = [f"2026-03-02 08:00:{second:02}" for second in (0, 1, 30, 31)]
    assert len(ticks(*moments)) == 4


def test_a_set_time_runs_once_a_day(jobs: Listing) -> None:
    jobs.add("daily", run_at_times=["08:00"])
    moments = ["2026-03-02 07:55", "2026-03-02 08:00:05", "2026-03-02 08:05", "2026-03-02 23:59", "2026-03-03 08:00"]
    assert ticks(*moments) == ["2026-03-02 08:00:05 daily", "2026-03-03 08:00 daily"]


def test_a_new_job_does_not_make_up_for_times_before_it_was_there(jobs: Listing) -> None:
    jobs.add("daily", run_at_times=["08:00", "10:00"])
    assert ticks("2026-03-02 09:00", "2026-03-02 10:00:10") == ["2026-03-02 10:00:10 daily"]


def test_slots_that_were_missed_become_one_late_run_that_says_so(jobs: Listing) -> None:
    jobs.add("five", run_every_mins=5)
    tick(MONDAY)
    (run,) = tick(MONDAY + timedelta(hours=1))
    assert (run.slots_covered, run.covers_from) == (12, MONDAY + timedelta(minutes=5))
    assert (run.trigger, run.due_at) == (RunTrigger.SLOT, MONDAY + timedelta(hours=1))
    assert tick(MONDAY + timedelta(hours=1, minutes=1)) == []


def test_days_that_were_missed_become_one_late_run(jobs: Listing) -> None:
    jobs.add("daily", run_at_times=["08:00"])
    tick(MONDAY)
    (run,) = tick(MONDAY + timedelta(days=3, hours=5))
    assert (run.slots_covered, run.covers_from) == (3, MONDAY + timedelta(days=1))
    assert run.slot == "2026-03-05T08:00"
    assert run.ran_at_time is not None


def test_a_monthly_report_is_made_up_for_on_the_next_day(jobs: Listing) -> None:
    jobs.add("monthly", run_at_times=["08:00"], run_monthly_on_days=[1])
    assert ticks("2026-03-31 08:00", "2026-04-02 09:00") == ["2026-04-02 09:00 monthly"]


def test_an_interval_on_set_days_is_not_made_up_for_on_a_day_off(jobs: Listing) -> None:
    jobs.add("weekdays", run_every_mins=60, run_on_days=[0, 1, 2, 3, 4])
    assert ticks("2026-03-06 12:00", "2026-03-07 10:00") == ["2026-03-06 12:00 weekdays"]
    missed = Run.objects.get(status=RunStatus.MISSED)
    assert (missed.slots_covered, missed.covers_from) == (11, at("2026-03-06 13:00"))
    assert ticks("2026-03-07 11:00", "2026-03-09 00:00:01") == ["2026-03-09 00:00:01 weekdays"]


def test_the_policy_record_leaves_a_row_and_runs_only_what_is_fresh(jobs: Listing) -> None:
    jobs.add("five", run_every_mins=5)
    tick(MONDAY)
    Job.objects.update(missed_policy=MissedPolicy.RECORD)
    (run,) = tick(MONDAY + timedelta(hours=1))
    missed = Run.objects.get(status=RunStatus.MISSED)
    assert (run.slots_covered, run.due_at) == (1, MONDAY + timedelta(hours=1))
    assert (missed.slots_covered, missed.covers_from) == (11, MONDAY + timedelta(minutes=5))
    assert missed.summary
    assert missed.slot is None


def test_the_policy_record_runs_nothing_that_is_stale(jobs: Listing) -> None:
    jobs.add("daily", run_at_times=["08:00"])
    tick(MONDAY)
    Job.objects.update(missed_policy=MissedPolicy.RECORD)
    assert tick(MONDAY + timedelta(days=2, minutes=16)) == []
    assert Run.objects.get(status=RunStatus.MISSED).slots_covered == 2
    assert not CronJobLog.objects.exists()
    assert len(tick(MONDAY + timedelta(days=3, minutes=15))) == 1


def test_what_is_said_of_a_missed_slot_is_translated(jobs: Listing, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(scheduler, "_", lambda text: asked.append(text) or translation.gettext(text))
    jobs.add("daily", run_at_times=["08:00"])
    tick(MONDAY)
    Job.objects.update(missed_policy=MissedPolicy.RECORD)
    tick(MONDAY + timedelta(days=2, hours=1))
    assert [Run.objects.get(status=RunStatus.MISSED).summary] == asked


# --- One slot, one run ------------------------------------------------------------------------------------


def test_of_two_ticks_that_read_the_same_row_one_wins(jobs: Listing) -> None:
    jobs.add("daily", run_at_times=["08:00"])
    registry.sync(MONDAY)
    mine, theirs = Job.objects.get(code="daily"), Job.objects.get(code="daily")
    assert scheduler.claim(mine, MONDAY) is not None
    assert scheduler.claim(theirs, MONDAY + timedelta(seconds=1)) is None
    assert Run.objects.count() == 1


def test_of_two_ticks_one_wins_for_a_job_that_is_always_due(jobs: Listing) -> None:
    jobs.add("always", run_every_mins=0)
    registry.sync(MONDAY)
    mine, theirs = Job.objects.get(code="always"), Job.objects.get(code="always")
    assert scheduler.claim(mine, MONDAY) is not None
    assert scheduler.claim(theirs, MONDAY + timedelta(microseconds=1)) is None


def test_a_slot_whose_run_is_there_is_not_run_again(jobs: Listing) -> None:
    """The last belt: a row of jobs that was put back, as from a backup, meets the runs that were not."""
    jobs.add("daily", run_at_times=["08:00"])
    registry.sync(MONDAY)
    before = Job.objects.values().get(code="daily")
    tick(MONDAY)
    Job.objects.filter(pk=before["id"]).update(**{name: before[name] for name in ("next_due_at", "next_slot_at")})
    assert tick(MONDAY + timedelta(minutes=5)) == []
    assert Job.objects.get(code="daily").next_due_at == MONDAY + timedelta(days=1)


# --- What is not run --------------------------------------------------------------------------------------


def test_what_is_switched_off_is_not_run_and_goes_on_where_it_stood(jobs: Listing) -> None:
    jobs.add("five", run_every_mins=5)
    tick(MONDAY)
    Job.objects.update(is_enabled=False)
    assert tick(MONDAY + timedelta(minutes=5)) == []
    assert scheduler.claim(Job.objects.get(code="five"), MONDAY + timedelta(minutes=5)) is None  # not by name either
    Job.objects.update(is_enabled=True)
    assert tick(MONDAY + timedelta(minutes=10))[0].slots_covered == 2


def test_what_is_broken_is_not_run_and_made_up_for_when_it_is_mended(jobs: Listing) -> None:
    jobs.add("five", run_every_mins=5)
    tick(MONDAY)
    Job.objects.filter(code="five").update(problem="cannot be imported")
    assert scheduler.tick(MONDAY + timedelta(minutes=5)) == []
    assert tick(MONDAY + timedelta(minutes=10))[0].slots_covered == 2  # the class is there after all


def test_what_is_not_listed_any_more_is_not_run(jobs: Listing) -> None:
    jobs.add("five", run_every_mins=5)
    tick(MONDAY)
    jobs.only()
    assert tick(MONDAY + timedelta(minutes=5)) == []


# --- A clock that was wrong -------------------------------------------------------------------------------


@pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(days=3 * 365)])
def test_after_the_clock_was_set_back_an_interval_goes_on_within_one_interval(jobs: Listing, back: timedelta) -> None:
    jobs.add("five", run_every_mins=5)
    for minutes in range(0, 125, 5):
        assert len(tick(MONDAY + timedelta(minutes=minutes, seconds=1))) == 1
    right = MONDAY + timedelta(minutes=120) - back
    claimed = [len(tick(right + timedelta(minutes=minutes, seconds=1))) for minutes in range(0, 65, 5)]
    assert claimed[0] == 0
    assert claimed[1:] == [1] * 12  # also where the moments are those of earlier runs


def test_after_the_clock_was_set_back_a_crontab_with_jitter_skips_nothing(jobs: Listing) -> None:
    jobs.add("five", run_every_mins=5)
    tick(MONDAY)
    right = MONDAY - timedelta(hours=1)
    jitter = [0.9, 0.1, 0.7, 0.2, 0.9, 0.05, 0.6]
    moments = [right + timedelta(minutes=5 * n, seconds=late) for n, late in enumerate(jitter)]
    assert [len(tick(moment)) for moment in moments] == [0, 1, 1, 1, 1, 1, 1]


def test_after_the_clock_was_set_back_a_set_time_is_not_run_again(jobs: Listing) -> None:
    jobs.add("daily", run_at_times=["08:00"])
    assert ticks("2026-03-02 08:00", "2026-03-02 07:30", "2026-03-02 08:00:01", "2026-03-02 08:05") == [
        "2026-03-02 08:00 daily"
    ]
    assert ticks("2026-03-03 08:00") == ["2026-03-03 08:00 daily"]


def test_after_a_clock_that_was_years_ahead_a_set_time_runs_on_the_right_day(jobs: Listing) -> None:
    jobs.add("daily", run_at_times=["08:00"])
    assert ticks("2031-05-05 08:00", "2026-03-02 07:55", "2026-03-02 08:00") == [
        "2031-05-05 08:00 daily",
        "2026-03-02 08:00 daily",
    ]


def test_a_job_that_was_first_seen_by_a_clock_years_ahead_runs_all_the_same(jobs: Listing) -> None:
    jobs.add("daily", run_at_times=["08:00"])
    registry.sync(at("2031-05-05 12:00"))
    assert ticks("2026-03-02 07:55", "2026-03-02 08:00") == ["2026-03-02 08:00 daily"]


# --- What it costs ----------------------------------------------------------------------------------------


@pytest.fixture
def crowd(jobs: Listing) -> None:
    """A thousand jobs that are not due, with logs and runs."""
    made = Job.objects.bulk_create(
        Job(code=f"job{n}", class_path=f"a.b{n}", is_listed=True, next_due_at=MONDAY + timedelta(days=1))
        for n in range(1000)
    )
    Run.objects.bulk_create(
        Run(job=job, status=RunStatus.SUCCEEDED, trigger=RunTrigger.SLOT, due_at=MONDAY, queued_at=MONDAY)
        for job in made
    )
    CronJobLog.objects.bulk_create(
        CronJobLog(code=job.code, start_time=MONDAY, end_time=MONDAY, is_success=True) for job in made
    )


@pytest.mark.parametrize("how_many", ["none", "crowd"])
def test_a_tick_with_nothing_due_is_one_query(
    request: pytest.FixtureRequest, how_many: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    if how_many == "crowd":
        request.getfixturevalue("crowd")
    with django_assert_num_queries(1):
        assert scheduler.tick(MONDAY) == []


@pytest.mark.usefixtures("crowd")
def test_the_query_for_what_is_due_reads_its_index() -> None:
    plan = Job.objects.runnable().filter(problem="").due(MONDAY).explain()
    if connection.vendor == "postgresql":
        assert "job_due" in plan or "Seq Scan" not in plan
    else:
        assert "job_due" in plan
        assert "TEMP B-TREE" not in plan  # in the order of the index, too


def test_postgresql_can_read_the_same_index(migrated_postgres_url: str, tmp_path: Path) -> None:
    office = Installation(tmp_path, database_url=migrated_postgres_url)
    lines = [
        "from datetime import datetime, UTC",
        "from django.db import connection",
        "from backoffice.jobs.models import Job",
        "connection.cursor().execute('SET enable_seqscan = off')",
        "print(Job.objects.runnable().filter(problem='').due(datetime.now(UTC)).explain())",
    ]
    assert "job_due" in office.manage("shell", "--no-imports", "-c", "\n".join(lines)).stdout
