"""Ticks that come a little early or late run every slot once."""

from __future__ import annotations

import random
from datetime import UTC, datetime, time, timedelta

import pytest

from backoffice.jobs.timetable import Days, Timetable
from tests.jobs.timetable_play import Keeper, at, every, played

START = datetime(2026, 5, 5, tzinfo=UTC)
DAY = timedelta(days=1)
FIVE_MINUTES = timedelta(minutes=5)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def crontab(earliest: float, latest: float, seed: int, days: int = 3) -> list[datetime]:
    """The ticks of ``*/5``, each off by some seconds."""
    chance = random.Random(seed)
    ticks = every(FIVE_MINUTES, START, START + days * DAY)
    return [tick + seconds(chance.uniform(earliest, latest)) for tick in ticks]


@pytest.mark.parametrize(("earliest", "latest"), [(-0.4, 0.4), (0, 3), (-0.4, 3), (0, 59)])
@pytest.mark.parametrize("seed", range(5))
def test_a_crontab_with_jitter_runs_every_five_minutes_288_times_a_day(
    earliest: float, latest: float, seed: int
) -> None:
    runs = played(Timetable(every_minutes=5), crontab(earliest, latest, seed))
    assert len(runs) == 3 * 288
    assert {due.count for _, due in runs} == {1}
    assert len({due.latest.key for _, due in runs}) == 3 * 288


@pytest.mark.parametrize("seed", range(3))
def test_a_crontab_with_jitter_runs_multiples_of_its_own_interval_evenly(seed: int) -> None:
    runs = played(Timetable(every_minutes=30), crontab(-0.4, 3, seed))
    assert len(runs) == 3 * 48


@pytest.mark.parametrize("seed", range(3))
def test_a_job_on_working_days_has_its_288_runs_on_each_of_them(seed: int) -> None:
    # Monday 4 May to Sunday 10 May.
    ticks = [tick - DAY for tick in crontab(0, 3, seed, days=7)]
    runs = played(Timetable(every_minutes=5, days=Days(weekdays=frozenset(range(5)))), ticks)
    assert len(runs) == 5 * 288


def test_one_minute_before_midnight_is_run_at_midnight_as_the_slot_of_the_day_before() -> None:
    tick = at("Europe/Berlin", 2026, 5, 6)
    keeper = Keeper.begin(Timetable(times=(time(23, 59),), zone="Europe/Berlin"), tick - DAY)
    runs = keeper.ticks(every(FIVE_MINUTES, tick - DAY, tick + DAY))
    assert [(now, due.latest.key, due.latest.local_time) for now, due in runs] == [
        (tick, "2026-05-05T23:59", time(23, 59))
    ]


def test_a_set_time_is_never_run_early() -> None:
    keeper = Keeper.begin(Timetable(times=(time(8),)), START)
    eight = START + timedelta(hours=8)
    assert keeper.tick(eight - seconds(0.2)) is None
    due = keeper.tick(eight)
    assert due
    assert due.latest.key == "2026-05-05T08:00"


def test_an_interval_is_run_up_to_half_a_second_early() -> None:
    keeper = Keeper.begin(Timetable(every_minutes=5), START)
    assert keeper.tick(START)
    assert keeper.tick(START + FIVE_MINUTES - seconds(0.6)) is None
    assert keeper.tick(START + FIVE_MINUTES - seconds(0.5))
    assert keeper.next_slot_at == START + 2 * FIVE_MINUTES


def test_an_early_tick_does_not_lose_the_set_time_that_meets_a_slot_of_the_interval() -> None:
    keeper = Keeper.begin(Timetable(every_minutes=5, times=(time(8),)), START)
    eight = START + timedelta(hours=8)
    assert keeper.tick(eight - FIVE_MINUTES)
    assert keeper.tick(eight - seconds(0.2)) is None
    due = keeper.tick(eight + seconds(0.1))
    assert due
    assert (due.latest.key, due.latest.local_time, due.count) == ("2026-05-05T08:00", time(8), 1)
    assert due.interval_at == eight


def test_an_early_tick_does_not_run_an_interval_on_the_eve_of_its_day() -> None:
    sunday = datetime(2026, 5, 3, 12, tzinfo=UTC)
    monday = sunday + DAY / 2
    keeper = Keeper.begin(Timetable(every_minutes=5, days=Days(weekdays=frozenset({0}))), sunday)
    assert keeper.tick(monday - seconds(0.2)) is None
    assert keeper.tick(monday)
