"""A spread makes jobs of the same time come due one after the other, each always at the same distance."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice

import pytest
from hypothesis import given

from backoffice.jobs.timetable import Days, Timetable
from tests.jobs.timetable_play import Keeper, cron_timetables, every, moments, plain_timetables, quick

START = datetime(2026, 5, 5, tzinfo=UTC)  # a Tuesday
MINUTE = timedelta(minutes=1)
CODES = [f"reports.job_{number}" for number in range(100)]


def late(code: str = "reports.job_1", minutes: int = 10, **values: object) -> Timetable:
    return Timetable(spread_minutes=minutes, code=code, **values)  # type: ignore[arg-type]


def test_a_hundred_jobs_of_eight_o_clock_are_spread_over_all_of_the_minutes() -> None:
    slots = [late(code, times=(time(8),)).next_slot(START) for code in CODES]
    minutes = [slot.at.minute for slot in slots if slot]
    assert set(minutes) == set(range(11))
    assert max(minutes.count(minute) for minute in minutes) < 30
    assert {slot.key for slot in slots if slot} == {"2026-05-05T08:00"}


def test_a_job_is_later_by_the_same_minutes_in_every_process() -> None:
    # As crc32 has it; hash() would change with each start of Python.
    assert [late(code).delay for code in ("a", "b", "reports.job_1")] == [1 * MINUTE, 7 * MINUTE, 6 * MINUTE]


@quick(50)
@given(plain_timetables.filter(lambda one: one.every_minutes is None) | cron_timetables, moments)
def test_a_spread_changes_when_slots_are_due_and_neither_their_keys_nor_their_order(
    timetable: Timetable, after: datetime
) -> None:
    on_time = replace(timetable, spread_minutes=0)
    slots = list(islice(timetable.upcoming(after + timetable.delay), 20))
    assert slots == [slot.later(timetable.delay) for slot in islice(on_time.upcoming(after), 20)]
    assert [slot.key for slot in slots] == [slot.key for slot in islice(on_time.upcoming(after), 20)]


def test_an_interval_begins_at_once_and_keeps_its_minutes() -> None:
    keeper = Keeper.begin(late(every_minutes=30), START)
    runs = keeper.ticks(every(MINUTE, START, START + timedelta(hours=2)))
    assert [now for now, _ in runs] == every(30 * MINUTE, START, START + timedelta(hours=2))
    assert {due.count for _, due in runs} == {1}
    assert runs[1][1].latest.key == "2026-05-05T00:30:00Z"


def test_an_interval_on_set_days_begins_anew_that_much_later() -> None:
    timetable = late(every_minutes=60, days=Days(weekdays=frozenset({2})))
    slots = list(islice(timetable.upcoming(START), 25))
    wednesday = datetime(2026, 5, 6, 0, 6, tzinfo=UTC)
    assert [slot.at for slot in slots[:24]] == every(timedelta(hours=1), wednesday, wednesday + timedelta(days=1))
    assert slots[24].at == wednesday + timedelta(days=7)


def test_a_slot_of_the_last_date_may_come_after_midnight() -> None:
    timetable = late(times=(time(23, 55),), days=Days(last=date(2026, 5, 5)))
    slot = timetable.next_slot(START + 10 * MINUTE)
    assert slot
    assert (slot.key, slot.at) == ("2026-05-05T23:55", datetime(2026, 5, 6, 0, 1, tzinfo=UTC))
    assert timetable.next_slot(slot.at) is None


@pytest.mark.parametrize("code", CODES[:5])
def test_without_a_spread_no_job_is_late(code: str) -> None:
    slot = late(code, 0, times=(time(8),)).next_slot(START)
    assert slot
    assert slot.at == START + timedelta(hours=8)


def test_the_code_is_not_stored_and_the_spread_is() -> None:
    timetable = late(times=(time(8),))
    assert timetable.to_data() == {"times": ["08:00"], "zone": "UTC", "spread_minutes": 10}
    assert Timetable.from_data(timetable.to_data(), "reports.job_1").delay == timetable.delay
