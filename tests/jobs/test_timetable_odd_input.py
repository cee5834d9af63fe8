"""Odd numbers and moments are answered or refused, never with an endless loop or an overflow."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest

from backoffice.jobs.timetable import Days, Timetable
from tests.jobs.timetable_play import every, played

NOW = datetime(2026, 5, 5, 12, 0, 0, tzinfo=UTC)
MONDAYS = frozenset({0})


def test_half_minutes_are_kept() -> None:
    timetable = Timetable(every_minutes=0.5)
    slots = [slot.at for slot in islice(timetable.upcoming(NOW, NOW), 4)]
    assert slots == [NOW + n * timedelta(seconds=30) for n in (1, 2, 3, 4)]
    runs = played(timetable, every(timedelta(seconds=10), NOW, NOW + timedelta(minutes=5)))
    assert len(runs) == 10


def test_a_fraction_of_a_minute_is_counted_from_one_moment_throughout() -> None:
    slots = [slot.at for slot in islice(Timetable(every_minutes=0.7).upcoming(NOW), 50)]
    assert {after - before for before, after in pairwise(slots)} == {timedelta(seconds=42)}


def test_a_set_time_does_not_shift_the_interval() -> None:
    slots = islice(Timetable(every_minutes=45, times=(time(12, 10),)).upcoming(NOW), 3)
    assert [(slot.at.hour, slot.at.minute) for slot in slots] == [(12, 10), (12, 45), (13, 30)]


@pytest.mark.parametrize("weekdays", [None, frozenset({1, 2})])
@pytest.mark.parametrize("minutes", [0.0001, 1e-7, 1e-12, 5e-324])
def test_an_interval_too_short_to_see_is_due_with_every_tick(minutes: float, weekdays: frozenset[int] | None) -> None:
    timetable = Timetable(every_minutes=minutes, days=Days(weekdays=weekdays))
    ticks = every(timedelta(minutes=1), NOW, NOW + timedelta(hours=1))
    assert [now for now, _ in played(timetable, ticks)] == ticks
    assert timetable.due(NOW - timedelta(days=400), NOW, NOW - timedelta(days=400))


@pytest.mark.parametrize("times", [(), (time(8),)])
@pytest.mark.parametrize("weekdays", [None, MONDAYS])
@pytest.mark.parametrize("minutes", [1e7, 1e9, 5e9, 1e15, float("inf")])
def test_an_interval_longer_than_history_runs_once(
    minutes: float, weekdays: frozenset[int] | None, times: tuple[time, ...]
) -> None:
    timetable = Timetable(every_minutes=minutes, days=Days(weekdays=weekdays), times=times)
    monday = datetime(2026, 5, 11, tzinfo=UTC)
    assert not timetable.never_comes_due()
    runs = played(timetable, every(timedelta(hours=6), monday, monday + timedelta(days=400)))
    assert len([due for _, due in runs if due.interval_at]) == 1
    due = timetable.due(monday, monday + timedelta(days=400), monday)
    assert due
    assert due.count == 1 + len([due for _, due in runs if due.latest.local_time])


@pytest.mark.parametrize(("weekdays", "years"), [(None, [3927, 5828, 7730, 9631]), (MONDAYS, [3927, 5829, 7730, 9631])])
def test_the_slots_of_a_very_long_interval_end_with_the_calendar(
    weekdays: frozenset[int] | None, years: list[int]
) -> None:
    monday = NOW - timedelta(days=1)
    slots = Timetable(every_minutes=1e9, days=Days(weekdays=weekdays)).upcoming(monday, monday)
    assert [slot.at.year for slot in slots] == years


def test_a_slot_lies_exactly_on_its_grid_however_far_from_the_anchor() -> None:
    # A quotient of floats could not tell the moment after a slot from the slot.
    anchor = datetime(1500, 1, 1, tzinfo=UTC)
    slot = Timetable(every_minutes=60).next_slot(NOW, anchor)
    assert slot
    assert slot.at == NOW + timedelta(hours=1)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Kathmandu"])
def test_the_zone_in_which_a_moment_is_given_does_not_matter(zone: str) -> None:
    there = ZoneInfo(zone)
    timetable = Timetable(
        every_minutes=50, times=(time(2, 30),), days=Days(weekdays=frozenset({5, 6})), zone="Europe/Berlin"
    )
    start, end = datetime(2026, 3, 28, 3, tzinfo=UTC), datetime(2026, 3, 29, 20, tzinfo=UTC)
    in_zone = timetable.due(start.astimezone(there), end.astimezone(there), start.astimezone(there))
    assert in_zone == timetable.due(start, end, start)
    assert in_zone
    assert {slot.at.tzinfo for slot in (in_zone.first, in_zone.latest)} == {UTC}
    assert timetable.next_slot(end.astimezone(there), start.astimezone(there)) == timetable.next_slot(end, start)
    assert timetable.first_slot(start.astimezone(there)) == timetable.first_slot(start)


def test_a_moment_without_a_zone_is_refused() -> None:
    naive = NOW.replace(tzinfo=None)
    for question in (Timetable(every_minutes=5).next_slot, Timetable(times=(time(8),)).first_slot):
        with pytest.raises(ValueError, match="has no time zone"):
            question(naive)
    with pytest.raises(ValueError, match="has no time zone"):
        Timetable(times=(time(8),)).due(NOW, naive)


def test_a_clock_that_stands_still_or_goes_back_has_nothing_due() -> None:
    timetable = Timetable(every_minutes=5, times=(time(8),))
    assert timetable.due(NOW + timedelta(minutes=5), NOW, NOW) is None
    assert timetable.due(NOW + timedelta(minutes=5), NOW - timedelta(days=30), NOW) is None


def test_an_anchor_yet_to_come_is_the_first_slot() -> None:
    timetable, later = Timetable(every_minutes=5), NOW + timedelta(hours=1)
    slot = timetable.next_slot(NOW, later)
    assert slot
    assert slot.at == later
    assert timetable.due(NOW, NOW + timedelta(minutes=59), later) is None
