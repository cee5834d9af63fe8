"""retry_after_failure_mins: a failed run is tried again after so many minutes, until it succeeds."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django_cron.models import CronJobLog
from pytest_django import Settings

from backoffice.jobs.models import Job, Run, RunTrigger
from tests.jobs.listing import Listing, at

pytestmark = pytest.mark.django_db

MONDAY = at("2026-03-02 08:00")


class Report:
    """A job that fails until it is mended."""

    is_broken = True

    def do(self, job: object) -> str:
        if self.is_broken:
            raise ValueError("no connection")
        return "sent"


@pytest.fixture
def jobs(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Listing:
    return Listing(settings, monkeypatch)


@pytest.fixture
def report(jobs: Listing) -> Report:
    report = Report()
    jobs.add("report", report.do, run_at_times=["08:00"], retry_after_failure_mins=30)
    return report


def attempts() -> list[tuple[str, bool]]:
    logs = CronJobLog.objects.filter(code="report").order_by("start_time")
    return [(f"{log.start_time:%d %H:%M}", log.is_success) for log in logs]


@pytest.mark.usefixtures("report")
def test_a_failed_run_is_tried_again_after_its_minutes_and_not_before(jobs: Listing) -> None:
    for minutes in range(0, 65, 5):
        jobs.tick(MONDAY + timedelta(minutes=minutes))
    assert attempts() == [("02 08:00", False), ("02 08:30", False), ("02 09:00", False)]


@pytest.mark.usefixtures("report")
def test_a_retry_says_of_what_and_for_which_time(jobs: Listing) -> None:
    jobs.tick(MONDAY)
    jobs.tick(MONDAY + timedelta(minutes=30))
    first, second = Run.objects.order_by("pk")
    assert (second.trigger, second.retry_of, second.slot) == (RunTrigger.RETRY, first, None)
    assert second.ran_at_time == first.ran_at_time
    assert second.log is not None
    assert second.log.ran_at_time == first.ran_at_time


def test_a_success_ends_the_retries(jobs: Listing, report: Report) -> None:
    jobs.tick(MONDAY)
    report.is_broken = False
    for minutes in range(30, 120, 10):
        jobs.tick(MONDAY + timedelta(minutes=minutes))
    assert attempts() == [("02 08:00", False), ("02 08:30", True)]
    assert Job.objects.get(code="report").retry_at is None
    assert Job.objects.get(code="report").next_due_at == MONDAY + timedelta(days=1)


def test_a_success_by_hand_ends_the_retries_too(jobs: Listing, report: Report) -> None:
    jobs.tick(MONDAY)
    report.is_broken = False
    jobs.tick(MONDAY + timedelta(minutes=10), "report", force=True)
    jobs.tick(MONDAY + timedelta(minutes=30))
    assert attempts() == [("02 08:00", False), ("02 08:10", True)]
    assert Job.objects.get(code="report").next_due_at == MONDAY + timedelta(days=1)


def test_a_slot_that_comes_before_the_retry_waits_for_it(jobs: Listing) -> None:
    jobs.add("report", Report().do, run_every_mins=5, retry_after_failure_mins=12)
    for minutes in range(20):
        jobs.tick(MONDAY + timedelta(minutes=minutes))
    assert attempts() == [("02 08:00", False), ("02 08:12", False)]
    assert Run.objects.order_by("pk")[1].slots_covered == 2


@pytest.mark.usefixtures("report")
def test_a_retry_that_was_late_by_days_answers_for_the_slots_between(jobs: Listing) -> None:
    jobs.tick(MONDAY)
    jobs.tick(MONDAY + timedelta(days=2, hours=1))
    assert attempts() == [("02 08:00", False), ("04 09:00", False)]
    late = Run.objects.order_by("pk")[1]
    assert (late.trigger, late.slots_covered, late.slot) == (RunTrigger.RETRY, 2, "2026-03-04T08:00")


def test_an_interval_on_set_days_is_not_tried_again_on_a_day_off(jobs: Listing) -> None:
    jobs.add("report", Report().do, run_every_mins=60, run_on_days=[0, 1, 2, 3, 4], retry_after_failure_mins=30)
    for moment in ("2026-03-06 23:45", "2026-03-07 00:15", "2026-03-08 12:00", "2026-03-09 00:00"):
        jobs.tick(moment)
    assert attempts() == [("06 23:45", False), ("09 00:00", False)]


def test_without_the_setting_a_failed_run_waits_for_its_next_slot(jobs: Listing) -> None:
    jobs.add("report", Report().do, run_at_times=["08:00"])
    for minutes in range(0, 600, 30):
        jobs.tick(MONDAY + timedelta(minutes=minutes))
    jobs.tick(MONDAY + timedelta(days=1))
    assert attempts() == [("02 08:00", False), ("03 08:00", False)]
