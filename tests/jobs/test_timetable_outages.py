"""What came due while nothing ticked is one answer, which says how many slots and from when."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from backoffice.jobs.timetable import Days, Timetable
from tests.cost import counted
from tests.jobs.timetable_play import Keeper

START = datetime(2026, 5, 5, tzinfo=UTC)  # a Tuesday
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
ALL_DAYS_BUT_SUNDAY = frozenset(range(6))


def test_several_set_times_in_one_outage_are_one_late_run() -> None:
    keeper = Keeper.begin(Timetable(times=(time(8), time(12), time(18))), START)
    due = keeper.tick(START + DAY + 9 * HOUR)
    assert due
    assert (due.first.key, due.latest.key, due.count) == ("2026-05-05T08:00", "2026-05-06T08:00", 4)
    assert (due.first.at, due.interval_at) == (START + 8 * HOUR, None)
    assert keeper.tick(START + DAY + 9 * HOUR) is None
    assert keeper.next_slot_at == START + DAY + 12 * HOUR


def test_an_interval_keeps_its_minutes_after_an_outage() -> None:
    keeper = Keeper.begin(Timetable(every_minutes=60), START)
    assert keeper.tick(START)
    due = keeper.tick(START + 3 * HOUR + 37 * MINUTE)
    assert due
    assert (due.first.at, due.latest.at, due.count) == (START + HOUR, START + 3 * HOUR, 3)
    assert keeper.next_slot_at == START + 4 * HOUR


def test_an_interval_on_set_days_counts_only_those_days() -> None:
    keeper = Keeper.begin(Timetable(every_minutes=60, days=Days(weekdays=frozenset({0, 1}))), START)
    assert keeper.tick(START)
    due = keeper.tick(START + 7 * DAY)  # the next Tuesday, 00:00
    assert due
    assert (due.first.at, due.latest.at, due.count) == (START + HOUR, START + 7 * DAY, 23 + 24 + 1)


def test_an_interval_and_set_times_are_answered_together_and_what_they_share_once() -> None:
    keeper = Keeper.begin(Timetable(every_minutes=60, times=(time(8), time(8, 30))), START)
    assert keeper.tick(START + 7 * HOUR)
    due = keeper.tick(START + 9 * HOUR)
    assert due
    assert (due.first.key, due.latest.at, due.count) == ("2026-05-05T08:00", START + 9 * HOUR, 3)
    assert due.interval_at == START + 9 * HOUR


def test_the_tick_on_time_has_nothing_to_make_up_for_where_a_set_time_meets_the_interval() -> None:
    keeper = Keeper.begin(Timetable(every_minutes=60, times=(time(8),)), START)
    assert keeper.tick(START + 7 * HOUR)
    due = keeper.tick(START + 8 * HOUR)
    assert due
    assert (due.count, due.first, due.latest.local_time) == (1, due.latest, time(8))


def test_a_job_that_runs_over_midnight_has_the_slots_of_the_next_day() -> None:
    # Claimed at 23:50; the ticks at which it still runs are skipped by others, not by the timetable.
    keeper = Keeper.begin(Timetable(times=(time(23, 50), time(0, 5), time(12))), START + 23 * HOUR)
    assert keeper.tick(START + DAY - 10 * MINUTE)
    assert keeper.next_slot_at == START + DAY + 5 * MINUTE
    slots = [due.latest.key for _, due in keeper.ticks(START + DAY + n * 10 * MINUTE for n in range(1, 217))]
    assert slots == ["2026-05-06T00:05", "2026-05-06T12:00", "2026-05-06T23:50", "2026-05-07T00:05", "2026-05-07T12:00"]


@pytest.mark.parametrize(
    ("timetable", "count"),
    [
        (Timetable(every_minutes=1), 400 * 1440 + 1),
        (Timetable(every_minutes=0.0001), 400 * 1440 * 10_000 + 1 + 83),  # 83 in the half second to come
        (Timetable(every_minutes=1, days=Days(weekdays=frozenset({1}))), 58 * 1440),
        (
            Timetable(every_minutes=1, times=(time(8), time(20, 30)), days=Days(weekdays=frozenset(range(7)))),
            400 * 1440 + 1,
        ),
        (Timetable(times=(time(8), time(20, 30))), 800),
        (Timetable(times=(time(8),), days=Days(month_days=frozenset({31}), weekdays=frozenset({0}))), 2),
    ],
)
def test_an_outage_of_400_days_is_answered_in_milliseconds(timetable: Timetable, count: int) -> None:
    due, calls = counted(lambda: timetable.due(START, START + 400 * DAY, START))
    assert due
    assert due.count == count
    assert calls < 50_000  # about 15 ms


@pytest.mark.parametrize(
    "timetable",
    [
        Timetable(every_minutes=5),
        Timetable(times=(time(8),), zone="Europe/Berlin"),
        Timetable(every_minutes=60, times=(time(8), time(20)), zone="Asia/Shanghai"),
        Timetable(every_minutes=5, days=Days(weekdays=ALL_DAYS_BUT_SUNDAY), zone="America/New_York"),
        Timetable(every_minutes=5, days=Days(weekdays=frozenset(range(7)), month_days=frozenset(range(1, 32)))),
    ],
)
def test_the_next_slot_of_an_everyday_timetable_costs_microseconds(timetable: Timetable) -> None:
    timetable.next_slot(START, START)  # opens the zone
    assert counted(lambda: timetable.next_slot(START, START))[1] < 150
