"""Timetables run the ticks that stock django-cron's own code runs, wherever stock is right."""

from __future__ import annotations

import time as process_time
from datetime import UTC, datetime, time, timedelta

import pytest
from django_cron import Schedule
from hypothesis import given
from hypothesis import strategies as st

from backoffice.jobs.timetable import Timetable
from tests.jobs.timetable_play import ZONES, Stock, at, days_of_month, days_of_week, every, played, quick

MINUTE = timedelta(minutes=1)
HALF_HOUR = timedelta(minutes=30)

# Days on which no clock of ZONES is changed for two weeks.
QUIET_DAYS = [(2026, 1, 20), (2026, 2, 12), (2026, 6, 25), (2026, 8, 28)]

days_depend_on_server_clock = pytest.mark.skipif(
    not hasattr(process_time, "tzset"), reason="stock reads days off the server's clock, which cannot be set here"
)


def ours(schedule: Schedule, zone: str, ticks: list[datetime]) -> list[tuple[datetime, str | None]]:
    """Which of the ticks run the job, and for which set time; as ``Stock.runs`` says it."""
    runs = played(Timetable.from_schedule(schedule, zone), ticks)
    assert all(due.count == 1 for _, due in runs), "with a tick for every slot there is nothing to make up for"
    return [(now, f"{due.latest.local_time:%H:%M}" if due.latest.local_time else None) for now, due in runs]


def drifting(ticks: list[datetime]) -> list[datetime]:
    """Each tick a little later than the one before: stock wants *more* than the interval to have passed."""
    return [tick + n * timedelta(milliseconds=10) for n, tick in enumerate(ticks)]


@quick(40)
@given(
    tick_minutes=st.sampled_from([1, 2, 3, 5, 10, 15]),
    multiple=st.integers(1, 12),
    day=st.sampled_from(QUIET_DAYS),
    second=st.integers(0, 40),
    zone=st.sampled_from(ZONES),
)
def test_an_interval_runs_the_ticks_that_stock_runs(
    tick_minutes: int, multiple: int, day: tuple[int, int, int], second: int, zone: str
) -> None:
    start = at(zone, *day, 9, 41, second)
    ticks = drifting(every(timedelta(minutes=tick_minutes), start, start + timedelta(hours=8)))
    schedule = Schedule(run_every_mins=tick_minutes * multiple)
    assert ours(schedule, zone, ticks) == Stock(schedule, zone).runs(ticks)


@quick(10)
@given(
    times=st.lists(
        st.times().map("{:%H:%M}".format) | st.sampled_from(["00:00", "23:59"]), min_size=1, max_size=5, unique=True
    ),
    day=st.sampled_from(QUIET_DAYS),
    second=st.integers(0, 59),
    zone=st.sampled_from(ZONES),
)
def test_set_times_run_the_ticks_that_stock_runs(
    times: list[str], day: tuple[int, int, int], second: int, zone: str
) -> None:
    start = at(zone, *day, 0, 0, 0)
    ticks = [tick + timedelta(seconds=second) for tick in every(MINUTE, start, start + timedelta(days=2))]
    schedule = Schedule(run_at_times=times)
    assert ours(schedule, zone, ticks) == Stock(schedule, zone).runs(ticks)


@days_depend_on_server_clock
@quick(60)
@given(
    hours=st.none() | st.sampled_from([1, 2, 3, 7, 12, 24, 36, 48, 72, 100]),
    # Off the interval's hours: at one tick stock runs for the interval, and with the next for the set time.
    times=st.lists(st.integers(0, 23).map("{:02}:30".format), max_size=3, unique=True),
    weekdays=days_of_week,
    month_days=days_of_month,
    day=st.sampled_from(QUIET_DAYS),
    zone=st.sampled_from(ZONES),
)
def test_days_with_intervals_and_set_times_run_the_ticks_that_stock_runs(
    hours: int | None,
    times: list[str],
    weekdays: frozenset[int] | None,
    month_days: frozenset[int] | None,
    day: tuple[int, int, int],
    zone: str,
) -> None:
    start = at(zone, *day)
    ticks = drifting(every(HALF_HOUR, start, start + timedelta(days=12)))
    schedule = Schedule(
        run_every_mins=hours and hours * 60,
        run_at_times=times,
        run_on_days=weekdays,
        run_monthly_on_days=month_days,
    )
    assert ours(schedule, zone, ticks) == Stock(schedule, zone).runs(ticks)


@pytest.mark.django_db
def test_stock_answers_the_same_from_the_database_as_in_this_simulation() -> None:
    schedule = Schedule(run_every_mins=120, run_at_times=["06:30", "23:30"])
    ticks = drifting(every(HALF_HOUR, at("Europe/Berlin", 2026, 2, 2), at("Europe/Berlin", 2026, 2, 5)))
    from_database = Stock(schedule, "Europe/Berlin", in_database=True).runs(ticks)
    assert len(from_database) == 3 * (12 + 2)
    assert Stock(schedule, "Europe/Berlin").runs(ticks) == from_database


# --- Where stock is wrong, the difference is the one that was meant -------------------------------------


def test_stock_leaves_out_ticks_of_a_punctual_crontab_and_a_timetable_does_not() -> None:
    start = datetime(2026, 5, 5, tzinfo=UTC)
    ticks = every(timedelta(minutes=5), start, start + timedelta(days=1))
    schedule = Schedule(run_every_mins=5)
    assert len(Stock(schedule, "UTC").runs(ticks)) == 144
    assert len(ours(schedule, "UTC", ticks)) == 288


def test_stock_forgets_the_day_after_a_job_over_midnight_and_a_timetable_does_not() -> None:
    start = datetime(2026, 5, 5, tzinfo=UTC)
    ticks = every(MINUTE, start, start + timedelta(days=4))
    schedule = Schedule(run_at_times=["23:50"])
    on_days = [now.day for now, _ in Stock(schedule, "UTC", takes=timedelta(minutes=20)).runs(ticks)]
    assert on_days == [5, 7]
    assert [now.day for now, _ in ours(schedule, "UTC", ticks)] == [5, 6, 7, 8]


def test_stock_misses_the_end_of_the_day_between_two_ticks_and_a_timetable_does_not() -> None:
    start = datetime(2026, 5, 5, tzinfo=UTC)
    ticks = every(timedelta(minutes=5), start, start + timedelta(days=2, minutes=1))
    assert Stock(Schedule(run_at_times=["23:59"]), "UTC").runs(ticks) == []
    runs = played(Timetable(times=(time(23, 59),)), ticks)
    assert [(now.hour, now.minute, due.latest.key) for now, due in runs] == [
        (0, 0, "2026-05-05T23:59"),
        (0, 0, "2026-05-06T23:59"),
    ]
