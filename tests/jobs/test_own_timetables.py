"""Timetables that staff set: they count in place of the code's; nothing is missed over a change, nothing run twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.exceptions import PermissionDenied
from django.db import connection
from pytest_django import Settings

from backoffice.jobs import registry, scheduler
from backoffice.jobs.control import ChangedMeanwhile, put_back, reschedule
from backoffice.jobs.models import Job, JobTimetableChange, Run, RunStatus
from backoffice.jobs.timetable import Timetable
from backoffice.jobs.words import describe
from tests.jobs.listing import Listing, at
from tests.jobs.staff import person

pytestmark = pytest.mark.django_db

EIGHT = at("2026-03-02 08:00")  # a Monday


@pytest.fixture
def jobs(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Listing:
    return Listing(settings, monkeypatch)


def job(code: str = "report") -> Job:
    return Job.objects.get(code=code)


def daily(*times: str, **data: Any) -> Timetable:
    return Timetable.from_data({"times": list(times), "zone": "UTC", **data})


def slots(code: str = "report") -> list[str | None]:
    return list(Run.objects.filter(job__code=code).order_by("pk").values_list("slot", flat=True))


def after(**ago: int) -> datetime:
    return EIGHT + timedelta(**ago)


def test_it_counts_from_the_next_tick_on_and_the_code_s_is_put_back(jobs: Listing) -> None:
    jobs.add("report", run_at_times=["08:00"])
    jobs.tick(EIGHT)
    change = reschedule(job(), daily("09:30"), after(minutes=30))
    assert describe(job().timetable) == "at 09:30 (UTC)"
    jobs.tick(after(minutes=89))
    jobs.tick(after(minutes=90))
    assert slots() == ["2026-03-02T08:00", "2026-03-02T09:30"]
    put_back(job(), change, after(hours=2))
    assert Job.objects.filter(own_timetable__isnull=True, next_due_at=after(days=1)).exists()
    jobs.tick(after(days=1))
    assert slots()[2:] == ["2026-03-03T08:00"]


def test_what_is_due_by_the_old_one_is_run_once_before_the_new_one_counts(jobs: Listing) -> None:
    jobs.add("report", run_at_times=["08:00"])
    registry.sync(after(hours=-1))
    reschedule(job(), daily("08:20"), after(minutes=10))
    assert slots() == ["2026-03-02T08:00"]
    jobs.tick(after(minutes=11))
    jobs.tick(after(minutes=20))
    assert slots() == ["2026-03-02T08:00", "2026-03-02T08:20"]


def test_what_is_due_of_a_job_that_cannot_run_is_recorded_as_missed(jobs: Listing) -> None:
    jobs.add("report", run_at_times=["08:00"])
    registry.sync(after(hours=-1))
    Job.objects.update(problem="its module is gone")
    reschedule(job(), daily("09:00"), after(minutes=10))
    run = Run.objects.get()
    assert (run.status, run.due_at) == (RunStatus.MISSED, EIGHT)


def test_an_interval_is_counted_from_the_last_run(jobs: Listing) -> None:
    jobs.add("report", run_every_mins=60)
    jobs.tick(EIGHT)
    reschedule(job(), Timetable(every_minutes=15), after(minutes=5))
    assert job().next_due_at == after(minutes=15)
    reschedule(job(), Timetable(every_minutes=3), after(minutes=7))
    assert job().next_due_at == after(minutes=7)


def test_the_code_s_own_timetable_may_change_meanwhile_and_is_told(jobs: Listing) -> None:
    jobs.add("report", run_at_times=["08:00"])
    jobs.tick(EIGHT)
    reschedule(job(), daily("09:00"), after(minutes=5))
    jobs.make("report", run_at_times=["07:00"])
    registry.sync(after(minutes=10))
    assert [describe(one) for one in (job().timetable, job().timetable_in_code)] == ["at 09:00 (UTC)", "at 07:00 (UTC)"]
    assert job().next_due_at == after(hours=1)
    reschedule(job(), None, after(minutes=20))
    assert job().next_due_at == after(hours=23)


def test_a_sync_that_read_the_row_before_does_not_move_the_new_timetable(
    jobs: Listing, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs.add("report", run_at_times=["08:00"])
    registry.sync(after(hours=-1))
    stale = job()
    reschedule(job(), daily("09:00"), after(minutes=-30))
    jobs.make("report", run_at_times=["07:00", "10:00"])
    (entry,) = registry.configured()
    assert registry.bring_in_line(entry, after(minutes=-20), stale, is_listed=True).next_due_at == after(hours=1)
    assert job().next_due_at == after(hours=1)


def test_a_tick_that_read_the_row_before_claims_nothing_by_the_old_one(jobs: Listing) -> None:
    jobs.add("report", run_at_times=["08:00", "20:00"])
    registry.sync(after(hours=-1))
    stale = job()
    reschedule(job(), daily("08:00", "09:00"), after(seconds=-1))
    assert scheduler.claim(stale, EIGHT) is None
    jobs.tick(EIGHT)
    assert slots() == ["2026-03-02T08:00"]
    assert job().next_due_at == after(hours=1)


def test_the_same_local_time_further_west_is_run_on_the_same_day(jobs: Listing) -> None:
    jobs.add("report", run_every_mins=600)
    registry.sync(after(hours=-20))
    reschedule(job(), daily("08:00", zone="Asia/Shanghai"), after(hours=-19))
    jobs.tick(after(hours=-8))
    reschedule(job(), daily("08:00", zone="America/New_York"), after(hours=-7))
    jobs.tick(after(hours=5))
    jobs.tick(after(hours=5, minutes=1))
    assert slots()[-2:] == ["2026-03-02T08:00", "2026-03-02T08:00-0500"]


def test_a_spread_that_is_set_after_a_run_makes_no_second_one(jobs: Listing) -> None:
    jobs.add("report", run_at_times=["08:00"])
    jobs.tick(EIGHT)
    spread = daily("08:00", spread_minutes=60)
    reschedule(job(), spread, after(seconds=20))
    delay = job().timetable.delay
    assert delay > timedelta(minutes=1)
    assert job().next_due_at == after(days=1) + delay
    # Nor where a row has it due again all the same.
    Job.objects.update(next_slot_at=EIGHT + delay, next_due_at=EIGHT + delay)
    jobs.tick(EIGHT + delay)
    assert slots() == ["2026-03-02T08:00"]


def test_one_that_cannot_be_read_holds_up_no_other_job_and_can_be_replaced(jobs: Listing) -> None:
    jobs.add("report", run_at_times=["08:00"])
    jobs.add("other", run_at_times=["08:00"])
    registry.sync(after(hours=-1))
    Job.objects.filter(code="report").update(own_timetable={"times": ["08:00"], "zone": "Mars/Olympus"})
    jobs.tick(EIGHT)
    assert (slots(), slots("other")) == ([], ["2026-03-02T08:00"])
    reschedule(job(), daily("09:00"), after(minutes=5))
    assert job().next_due_at == after(hours=1)


def test_it_needs_the_permission_and_says_who_did_it_and_why(jobs: Listing) -> None:
    jobs.add("report", run_at_times=["08:00"])
    jobs.tick(EIGHT)
    with pytest.raises(PermissionDenied):
        reschedule(job(), daily("09:00"), EIGHT, by=person("Viewer"))
    assert not JobTimetableChange.objects.exists()
    manager = person("Job manager")
    change = reschedule(job(), daily("09:00"), EIGHT, by=manager, reason="Too early")
    assert (change.before, change.changed_by, change.reason) == (None, manager, "Too early")
    assert LogEntry.objects.get().get_change_message() == (
        "Timetable: “as in the code: at 08:00 (UTC)” became “at 09:00 (UTC)”. Too early"
    )


def test_nobody_undoes_unawares_what_somebody_else_has_changed(jobs: Listing) -> None:
    jobs.add("report", run_at_times=["08:00"])
    jobs.tick(EIGHT)
    reschedule(job(), daily("09:00"), EIGHT, by=person("Job manager"), seen=0)
    with pytest.raises(ChangedMeanwhile, match="job-manager has changed"):
        reschedule(job(), daily("10:00"), EIGHT, seen=0)
    assert describe(job().timetable) == "at 09:00 (UTC)"


@pytest.mark.django_db(transaction=True)
def test_of_two_people_who_save_at_once_one_is_told(jobs: Listing) -> None:
    jobs.add("report", run_at_times=["08:00"])
    registry.sync(after(hours=-1))
    both = Barrier(2)

    def save(hour: int) -> bool:
        try:
            row = job()
            both.wait(10)
            reschedule(row, daily(f"{hour}:00"), after(minutes=10), seen=0)
        except ChangedMeanwhile:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(2) as people:
        assert sorted(people.map(save, (9, 10))) == [False, True]
    assert JobTimetableChange.objects.count() == 1
    assert slots() == ["2026-03-02T08:00"]
