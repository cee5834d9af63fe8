"""Over clock changes, set times come once a day and intervals keep elapsed time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.jobs.timetable import Days, Slot, Timetable
from tests.jobs.timetable_play import at, every, played, quick

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)

BERLIN, NEW_YORK, SHANGHAI = "Europe/Berlin", "America/New_York", "Asia/Shanghai"

# Zone, day of the change, hours that the day has.
CHANGES = [
    pytest.param(BERLIN, date(2026, 3, 29), 23, id="Berlin, spring"),
    pytest.param(BERLIN, date(2026, 10, 25), 25, id="Berlin, autumn"),
    pytest.param(NEW_YORK, date(2026, 3, 8), 23, id="New York, spring"),
    pytest.param(NEW_YORK, date(2026, 11, 1), 25, id="New York, autumn"),
    pytest.param(SHANGHAI, date(2026, 3, 29), 24, id="Shanghai, no change"),
]


def midnight(zone: str, day: date) -> datetime:
    return at(zone, day.year, day.month, day.day)


def local(slot: Slot, zone: str) -> str:
    return f"{slot.at.astimezone(ZoneInfo(zone)):%m-%d %H:%M}"


@pytest.mark.parametrize(("zone", "day", "hours"), CHANGES)
@pytest.mark.parametrize("set_time", [time(1, 30), time(2, 0), time(2, 30), time(3, 0)])
def test_a_set_time_is_run_once_a_day(zone: str, day: date, hours: int, set_time: time) -> None:
    ticks = every(MINUTE, midnight(zone, day - DAY), midnight(zone, day + 2 * DAY))
    runs = played(Timetable(times=(set_time,), zone=zone), ticks)
    days = [day - DAY, day, day + DAY]
    assert [due.latest.key for _, due in runs] == [f"{one}T{set_time:%H:%M}" for one in days]
    assert [due.count for _, due in runs] == [1, 1, 1]


@pytest.mark.parametrize(("zone", "day", "hours"), CHANGES)
def test_a_time_that_the_clock_leaves_out_is_an_hour_later_and_one_that_it_shows_twice_the_first(
    zone: str, day: date, hours: int
) -> None:
    slot = Timetable(times=(time(2, 30),), zone=zone).next_slot(midnight(zone, day))
    shown = "03:30" if hours == 23 else "02:30"
    assert slot
    assert local(slot, zone) == f"{day:%m-%d} {shown}"
    # The second 02:30 of Berlin's autumn is three and a half hours after midnight.
    assert slot.at - midnight(zone, day) == timedelta(hours=3.5 if (zone, hours) == (NEW_YORK, 25) else 2.5)


def test_the_hour_that_comes_twice_in_new_york_runs_once() -> None:
    ticks = every(MINUTE, at(NEW_YORK, 2026, 11, 1), at(NEW_YORK, 2026, 11, 1, 4))
    runs = played(Timetable(times=(time(1, 30),), zone=NEW_YORK), ticks)
    assert [now for now, _ in runs] == [datetime(2026, 11, 1, 5, 30, tzinfo=UTC)]


@pytest.mark.parametrize(("zone", "day", "hours"), CHANGES)
@pytest.mark.parametrize("ask_in_local_time", [False, True])
def test_an_interval_keeps_elapsed_time(zone: str, day: date, hours: int, ask_in_local_time: bool) -> None:
    start, end = midnight(zone, day), midnight(zone, day + DAY)
    anchor = start.astimezone(ZoneInfo(zone)) if ask_in_local_time else start
    hourly = Timetable(every_minutes=60, zone=zone)
    slots = [start, *(slot.at for slot in islice(hourly.upcoming(anchor, anchor), hours))]
    assert slots[-1] == end
    assert {after - before for before, after in pairwise(slots)} == {timedelta(hours=1)}
    assert len({slot.isoformat() for slot in slots}) == hours + 1
    due = hourly.due(anchor, end.astimezone(anchor.tzinfo), anchor)
    assert due
    assert due.count == hours + 1


@pytest.mark.parametrize(("zone", "day", "hours"), CHANGES)
def test_an_interval_on_set_days_fills_the_day_however_long_it_is(zone: str, day: date, hours: int) -> None:
    ticks = every(timedelta(minutes=30), midnight(zone, day - DAY), midnight(zone, day + 3 * DAY))
    runs = played(Timetable(every_minutes=60, days=Days(weekdays=frozenset({day.weekday()})), zone=zone), ticks)
    assert len(runs) == hours
    assert runs[0][0] == midnight(zone, day)


def test_two_set_times_that_fall_on_one_moment_are_one_slot() -> None:
    timetable = Timetable(times=(time(2, 30), time(3, 30)), zone=BERLIN)
    spring, autumn = at(BERLIN, 2026, 3, 29), at(BERLIN, 2026, 10, 25)
    due = timetable.due(spring, spring + DAY / 2)
    assert due
    assert (due.count, due.first, due.latest.key) == (1, due.latest, "2026-03-29T03:30")
    assert [slot.key for slot in islice(timetable.upcoming(spring), 2)] == ["2026-03-29T03:30", "2026-03-30T02:30"]
    assert [slot.key for slot in islice(timetable.upcoming(autumn), 2)] == ["2026-10-25T02:30", "2026-10-25T03:30"]


def test_slots_are_in_order_where_the_clock_goes_forward_over_midnight() -> None:
    # In Nuuk it goes from 23:00 on Saturday to 00:00 on Sunday.
    nuuk = Timetable(times=(time(0, 15), time(23, 30)), zone="America/Nuuk")
    slots = list(islice(nuuk.upcoming(at("America/Nuuk", 2026, 3, 28, 12)), 4))
    assert [local(slot, "America/Nuuk") for slot in slots] == [
        "03-29 00:15",
        "03-29 00:30",
        "03-29 23:30",
        "03-30 00:15",
    ]
    assert [slot.key for slot in slots][:2] == ["2026-03-29T00:15", "2026-03-28T23:30"]


def test_a_day_without_a_midnight_has_its_slot_of_midnight() -> None:
    # In Cairo the clock goes from 00:00 to 01:00.
    cairo = Timetable(times=(time(0, 0),), zone="Africa/Cairo")
    slots = islice(cairo.upcoming(at("Africa/Cairo", 2026, 4, 23, 12)), 2)
    assert [(slot.key, local(slot, "Africa/Cairo")) for slot in slots] == [
        ("2026-04-24T00:00", "04-24 01:00"),
        ("2026-04-25T00:00", "04-25 00:00"),
    ]


def test_an_island_that_left_out_a_day_has_each_moment_once() -> None:
    # Apia had no 30 December in 2011.
    slots = islice(Timetable(times=(time(8), time(20)), zone="Pacific/Apia").upcoming(at("UTC", 2011, 12, 29)), 6)
    ats = [slot.at for slot in slots]
    assert {after - before for before, after in pairwise(ats)} == {timedelta(hours=12)}


# Days on which a clock is changed, or the day before; by an hour, half an hour, over midnight, at midnight.
CHANGED = [
    (BERLIN, date(2026, 3, 29)),
    (BERLIN, date(2026, 10, 25)),
    (NEW_YORK, date(2026, 11, 1)),
    ("America/Nuuk", date(2026, 3, 28)),
    ("America/Nuuk", date(2026, 10, 24)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Africa/Cairo", date(2026, 4, 24)),
    ("Africa/Cairo", date(2026, 10, 29)),
    ("America/Havana", date(2026, 11, 1)),
]


@quick(60)
@given(change=st.sampled_from(CHANGED), set_time=st.times().map(lambda one: time(one.hour, one.minute)))
def test_a_slot_is_the_first_minute_at_which_the_clock_shows_its_time(change: tuple[str, date], set_time: time) -> None:
    zone, day = change
    first, last = midnight(zone, day - DAY), midnight(zone, day + 2 * DAY)
    slots = {
        slot.key: slot.at
        for slot in islice(Timetable(times=(set_time,), zone=zone).upcoming(first - MINUTE), 4)
        if slot.at < last
    }
    shown: dict[str, datetime] = {}
    for minute in every(MINUTE, first, last):
        clock = minute.astimezone(ZoneInfo(zone))
        if (clock.hour, clock.minute) == (set_time.hour, set_time.minute):
            shown.setdefault(f"{clock:%Y-%m-%dT%H:%M}", minute)
    assert len(slots) == 3
    assert {key: slots[key] for key in shown} == shown
    assert len(slots) - len(shown) in {0, 1}, "at most one day leaves the time out"
