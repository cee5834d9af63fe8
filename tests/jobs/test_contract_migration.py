"""Coming from stock django-cron: its logs say where each timetable stands, so that no slot is repeated or missed."""

from __future__ import annotations

from datetime import time

import pytest
from django_cron.models import CronJobLog
from pytest_django import Settings

from backoffice.jobs import registry, scheduler
from backoffice.jobs.models import Run
from tests.jobs.listing import Listing, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def jobs(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Listing:
    return Listing(settings, monkeypatch)


def stock_ran(code: str, moment: str, *, is_success: bool = True, ran_at_time: time | None = None) -> None:
    CronJobLog.objects.create(
        code=code, start_time=at(moment), end_time=at(moment), is_success=is_success, ran_at_time=ran_at_time
    )


def claimed(moment: str) -> list[str]:
    registry.sync(at(moment))
    return [run.job.code for run in scheduler.tick(at(moment))]


def test_an_interval_is_counted_from_stocks_last_run(jobs: Listing) -> None:
    stock_ran("hourly", "2026-03-02 07:30:01")
    jobs.add("hourly", run_every_mins=60)
    assert claimed("2026-03-02 08:00") == []
    assert claimed("2026-03-02 08:30:01") == ["hourly"]


def test_a_set_time_that_stock_ran_is_not_run_again(jobs: Listing) -> None:
    stock_ran("daily", "2026-03-02 08:00:01", ran_at_time=time(8))
    jobs.add("daily", run_at_times=["08:00"])
    assert claimed("2026-03-02 08:01") == []
    assert claimed("2026-03-03 08:00") == ["daily"]


def test_a_set_time_that_stock_has_not_run_yet_is_run(jobs: Listing) -> None:
    stock_ran("daily", "2026-03-01 08:00:01", ran_at_time=time(8))
    jobs.add("daily", run_at_times=["08:00"])
    assert claimed("2026-03-02 08:01") == ["daily"]


def test_a_set_time_that_stock_ran_late_does_not_hide_the_next(jobs: Listing) -> None:
    stock_ran("daily", "2026-03-02 09:04", ran_at_time=time(8))
    jobs.add("daily", run_at_times=["08:00", "09:00"])
    assert claimed("2026-03-02 09:05") == ["daily"]
    assert Run.objects.get(job__code="daily").slot == "2026-03-02T09:00"


def test_a_monthly_job_is_measured_from_a_log_of_weeks_ago(jobs: Listing) -> None:
    stock_ran("monthly", "2026-02-20 08:00", ran_at_time=None)
    jobs.add("monthly", run_every_mins=30 * 24 * 60)
    assert claimed("2026-03-02 08:00") == []
    assert claimed("2026-03-22 08:00") == ["monthly"]
