"""``run_every_mins=0``: every tick runs the job."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from backoffice.jobs.timetable import Days, Timetable
from tests.jobs.timetable_play import Keeper, every, played

START = datetime(2026, 5, 5, 10, 0, 17, 250_000, tzinfo=UTC)  # a Tuesday
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def test_every_tick_runs_it_however_close_or_far_the_ticks_are() -> None:
    ticks = [START + timedelta(seconds=n) for n in (0, 0.001, 1, 61, 62, 5000, 5000.5, 200_000)]
    runs = played(Timetable(every_minutes=0), ticks)
    assert [now for now, _ in runs] == ticks
    assert [due.latest.at for _, due in runs] == ticks
    assert {due.count for _, due in runs} == {1}


def test_nothing_is_made_up_for_after_an_outage() -> None:
    keeper = Keeper.begin(Timetable(every_minutes=0), START)
    assert keeper.tick(START)
    due = keeper.tick(START + 30 * DAY)
    assert due
    assert (due.first, due.count) == (due.latest, 1)


def test_a_set_time_that_has_come_is_named_as_the_reason_and_the_run_is_not_late() -> None:
    keeper = Keeper.begin(Timetable(every_minutes=0, times=(time(10, 2),)), START)
    runs = keeper.ticks(every(MINUTE, START, START + 5 * MINUTE))
    assert [due.latest.local_time for _, due in runs] == [None, None, time(10, 2), None, None]
    assert {due.count for _, due in runs} == {1}


def test_on_other_days_no_tick_runs_it() -> None:
    keeper = Keeper.begin(Timetable(every_minutes=0, days=Days(weekdays=frozenset({2}))), START)
    wednesday = datetime(2026, 5, 6, tzinfo=UTC)
    assert keeper.next_slot_at == wednesday
    ticks = every(timedelta(hours=1), START, START + 3 * DAY)
    assert [now for now, _ in keeper.ticks(ticks)] == [now for now in ticks if now.day == 6]


def test_there_is_nothing_to_tell_beforehand() -> None:
    assert list(Timetable(every_minutes=0).upcoming(START)) == []


def test_the_next_look_is_later_than_the_last() -> None:
    slot = Timetable(every_minutes=0).next_slot(START)
    assert slot
    assert slot.at > START


def test_nothing_is_due_before_its_time() -> None:
    assert Timetable(every_minutes=0).due(START + MINUTE, START) is None
