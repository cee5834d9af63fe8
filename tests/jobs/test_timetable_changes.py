"""What becomes of a job when its timetable is changed in the code, or differs between hosts."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from backoffice.jobs import positions, registry
from backoffice.jobs.models import Job
from backoffice.jobs.timetable import Timetable

NOW = datetime(2026, 11, 23, 9, 0, 30, tzinfo=ZoneInfo("UTC"))


def job(timetable: Timetable, **values: object) -> Job:
    return Job(timetable_data=timetable.to_data(), is_listed=True, is_enabled=True, **values)


def test_a_changed_interval_counts_from_the_last_run() -> None:
    daily, twice = Timetable(every_minutes=1440), Timetable(every_minutes=720)
    row = job(daily, claimed_at=NOW - timedelta(minutes=5))
    for timetable in (twice, daily, twice):  # hosts with old and with new code, in turn
        columns = positions.changed_over(timetable, row, NOW)
        assert columns["next_slot_at"] > NOW + timedelta(hours=11)


def test_an_interval_that_became_shorter_is_due_once_and_not_for_the_past() -> None:
    row = job(Timetable(every_minutes=1440), claimed_at=NOW - timedelta(hours=10))
    columns = positions.changed_over(Timetable(every_minutes=5), row, NOW)
    assert columns["next_slot_at"] == NOW.replace(second=0)


def test_what_is_due_by_the_old_timetable_is_claimed_before_the_new_one_counts() -> None:
    row = job(Timetable(times=Timetable.from_data({"times": ["08:00"]}).times), next_due_at=NOW - timedelta(hours=1))
    assert positions.has_due(row, NOW)
    row.is_enabled = False
    assert not positions.has_due(row, NOW)


def test_a_retry_outlives_a_changed_timetable() -> None:
    retry_at = NOW + timedelta(minutes=10)
    row = job(Timetable(every_minutes=60), claimed_at=NOW, retry_at=retry_at)
    columns = positions.changed_over(Timetable(every_minutes=30), row, NOW)
    assert columns["next_due_at"] == retry_at
    assert "retry_at" not in columns


@pytest.mark.parametrize(("times", "has_zone"), [((), False), (("08:00",), True)])
def test_a_zone_that_means_nothing_is_not_stored(times: tuple[str, ...], has_zone: bool) -> None:
    data = {"every_minutes": 5, "times": list(times), "zone": "Asia/Shanghai"}
    assert ("zone" in registry._stored(Timetable.from_data(data))) is has_zone


@pytest.mark.django_db
def test_a_run_whose_code_the_log_cannot_hold_is_logged_all_the_same() -> None:
    from backoffice.jobs import control, lifecycle

    row = Job.objects.create(code="mycompany." + "x" * 80, class_path="mycompany.X", problem="It is not there.")
    run = control.run_now(row, NOW)
    assert lifecycle.fail_queued(run, row.problem)
    assert run.log is not None
    assert len(run.log.code) == 64
