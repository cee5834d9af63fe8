"""What a timetable will come to: its next moments, what a clock change does to them, what else is due then."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from backoffice.jobs.outlook import clashes, clock_changes, outlook
from backoffice.jobs.timetable import Days, Timetable
from tests.cost import counted
from tests.jobs.timetable_play import at

NOW = datetime(2026, 11, 23, 12, 0, 17, tzinfo=UTC)  # a Monday
WEEK = timedelta(days=7)
BERLIN, NEW_YORK, SHANGHAI = "Europe/Berlin", "America/New_York", "Asia/Shanghai"


def shown(timetable: Timetable, now: datetime, count: int = 3) -> list[tuple[str, str]]:
    return [(f"{one.at:%m-%d %H:%M}", one.note) for one in outlook(timetable, now, count=count).moments]


# --- Moments ---


def test_the_next_ten_moments_are_told_in_local_time() -> None:
    found = outlook(Timetable(times=(time(8),), zone=SHANGHAI), NOW)
    assert found.moments[0].at.isoformat() == "2026-11-24T08:00:00+08:00"
    assert len(found.moments) == 10
    assert (found.never, found.ends, found.at_each_look) == (False, False, False)


def test_an_interval_is_counted_from_its_anchor() -> None:
    found = outlook(Timetable(every_minutes=60), NOW, NOW.replace(minute=7, second=0) - WEEK, count=2)
    assert [one.at.strftime("%H:%M") for one in found.moments] == ["12:07", "13:07"]


def test_what_never_comes_due_is_told() -> None:
    for timetable in (
        Timetable(),
        Timetable(every_minutes=0, days=Days(weekdays=frozenset())),
        Timetable(times=(time(8),), days=Days(last=date(2026, 11, 23))),
        Timetable(cron="0 0 29 2 *", days=Days(month_days=frozenset({1}))),
    ):
        found = outlook(timetable, NOW)
        assert (found.moments, found.never) == ((), True)


def test_what_ends_after_some_moments_is_told() -> None:
    found = outlook(Timetable(times=(time(8),), days=Days(last=date(2026, 11, 25))), NOW)
    assert (len(found.moments), found.never, found.ends) == (2, False, True)
    found = outlook(Timetable(times=(time(8),), days=Days(last=date(2026, 11, 25))), NOW, count=2)
    assert (len(found.moments), found.ends) == (2, True)
    assert not outlook(Timetable(times=(time(8),), days=Days(last=date(2026, 11, 26))), NOW, count=2).ends


def test_what_runs_with_every_tick_has_no_moments_to_tell() -> None:
    found = outlook(Timetable(every_minutes=0), NOW)
    assert (found.moments, found.never, found.ends, found.at_each_look) == ((), False, False, True)


# --- Clock changes ---


@pytest.mark.parametrize(
    ("zone", "eve", "moment"),
    [(BERLIN, (2027, 3, 27, 12), "03-28 03:30"), (NEW_YORK, (2027, 3, 13, 12), "03-14 03:30")],
)
def test_a_time_that_the_clock_leaves_out_is_told_with_when_it_runs(
    zone: str, eve: tuple[int, ...], moment: str
) -> None:
    note = "02:30 does not exist on that night; it runs at 03:30"
    after = {"03-28": "03-29", "03-14": "03-15"}[moment[:5]]
    expected = [(moment, note), (f"{after} 02:30", "")]
    assert shown(Timetable(times=(time(2, 30),), zone=zone), at(zone, *eve), 2) == expected
    assert shown(Timetable(cron="30 2 * * *", zone=zone), at(zone, *eve), 2) == expected


def test_a_time_that_the_clock_leaves_out_is_told_where_another_stands_for_it() -> None:
    timetable = Timetable(times=(time(2, 30), time(3, 30)), zone=BERLIN)
    note = "02:30 does not exist on that night; 03:30 stands for both"
    assert shown(timetable, at(BERLIN, 2027, 3, 27, 12), 2) == [("03-28 03:30", note), ("03-29 02:30", "")]
    hourly = shown(Timetable(cron="30 * * * *", zone=BERLIN), at(BERLIN, 2027, 3, 28, 1))
    assert hourly == [("03-28 01:30", ""), ("03-28 03:30", note), ("03-28 04:30", "")]


@pytest.mark.parametrize(("zone", "midnight", "hour"), [(BERLIN, (2027, 10, 31), 2), (NEW_YORK, (2027, 11, 7), 1)])
def test_a_time_that_the_clock_shows_twice_is_told_with_how_often_it_runs(
    zone: str, midnight: tuple[int, ...], hour: int
) -> None:
    start = at(zone, *midnight)
    day = f"{midnight[1]:02}-{midnight[2]:02}"
    once = Timetable(times=(time(hour, 30),), zone=zone)
    assert shown(once, start, 1) == [
        (f"{day} 0{hour}:30", f"0{hour}:30 comes twice on that night; it runs the first time only")
    ]
    hourly = shown(Timetable(cron="30 * * * *", zone=zone), start, hour + 3)
    assert hourly[hour : hour + 2] == [
        (f"{day} 0{hour}:30", f"0{hour}:30 comes twice on that night; this is the first time"),
        (f"{day} 0{hour}:30", f"0{hour}:30 comes twice on that night; this is the second time"),
    ]
    assert [note for _, note in hourly[:hour] + hourly[hour + 2 :]] == [""] * (hour + 1)


def test_in_shanghai_there_is_nothing_to_note() -> None:
    notes = [note for _, note in shown(Timetable(cron="30 2 * * *", zone=SHANGHAI), NOW, 366)]
    assert set(notes) == {""}


def test_intervals_keep_elapsed_time_and_need_no_note() -> None:
    found = shown(Timetable(every_minutes=30, zone=BERLIN), at(BERLIN, 2027, 3, 28, 1), 6)
    assert {note for _, note in found} == {""}


def test_a_spread_is_part_of_the_moment_and_not_of_the_note() -> None:
    timetable = Timetable(times=(time(2, 30),), zone=BERLIN, spread_minutes=10, code="reports.job_1")
    note = "02:30 does not exist on that night; it runs at 03:36"
    assert shown(timetable, at(BERLIN, 2027, 3, 27, 12), 2) == [("03-28 03:36", note), ("03-29 02:36", "")]


# --- Other jobs ---


def test_other_jobs_of_the_same_minute_are_named_with_the_first_that_they_share() -> None:
    mine = Timetable(times=(time(8), time(20)), zone=BERLIN)
    others = [
        ("the same", Timetable(cron="0 7 * * *"), None),
        ("never then", Timetable(times=(time(8, 1),), zone=BERLIN), None),
        ("later", Timetable(times=(time(3),), zone=SHANGHAI), None),
        ("an interval", Timetable(every_minutes=7), NOW.replace(hour=18, minute=53)),
        ("next year", Timetable(times=(time(8),), zone=BERLIN, days=Days(first=date(2027, 1, 1))), None),
        ("each tick", Timetable(every_minutes=0), None),
        ("each minute", Timetable(every_minutes=1), None),
        ("each minute by cron", Timetable(cron="* * * * *"), None),
        ("never", Timetable(), None),
    ]
    assert clashes(mine, others, NOW, WEEK) == [
        ("later", datetime(2026, 11, 23, 19, 0, tzinfo=UTC)),
        ("an interval", datetime(2026, 11, 23, 19, 0, tzinfo=UTC)),
        ("the same", datetime(2026, 11, 24, 7, 0, tzinfo=UTC)),
    ]


def test_seconds_of_the_same_minute_are_a_clash() -> None:
    hourly = Timetable(every_minutes=60)
    shared = [("other", datetime(2026, 11, 23, 13, 0, tzinfo=UTC))]
    assert clashes(hourly, [("other", Timetable(cron="0 13 * * *"), None)], NOW, WEEK, NOW) == shared
    assert (
        clashes(hourly, [("other", hourly, NOW + timedelta(seconds=20))], NOW + timedelta(minutes=1), WEEK, NOW)
        == shared
    )
    assert clashes(hourly, [("other", hourly, NOW + timedelta(seconds=50))], NOW, WEEK, NOW) == []


def test_a_clash_after_the_horizon_is_none() -> None:
    friday = [("friday", Timetable(cron="0 8 * * FRI"), None)]
    daily = Timetable(cron="0 8 * * *")
    assert clashes(daily, friday, NOW, timedelta(days=3)) == []
    assert len(clashes(daily, friday, NOW, timedelta(days=4))) == 1


def test_spread_jobs_do_not_clash() -> None:
    others = [("b", Timetable(times=(time(8),), spread_minutes=10, code="b"), None)]
    assert clashes(Timetable(times=(time(8),), spread_minutes=10, code="a"), others, NOW, WEEK) == []
    assert clashes(Timetable(times=(time(8),), spread_minutes=10, code="b"), others, NOW, WEEK) != []


def test_a_job_of_each_tick_has_no_clashes() -> None:
    assert clashes(Timetable(every_minutes=0), [("other", Timetable(cron="0 8 * * *"), None)], NOW, WEEK) == []


def test_a_hundred_jobs_that_never_meet_are_compared_within_the_time_of_a_key_press() -> None:
    others = [(str(number), Timetable(cron="1/2 * * * *"), None) for number in range(100)]
    found, calls = counted(lambda: clashes(Timetable(cron="*/2 * * * *"), others, NOW, 30 * WEEK))
    assert found == []
    assert calls < 2_000_000  # about half a second


# --- Clock changes further ahead than the next moments ---


def test_the_clock_changes_of_the_coming_year_are_told_where_they_matter() -> None:
    def told(timetable: Timetable) -> list[str]:
        return [f"{one.at:%Y-%m-%d %H:%M} {one.note}" for one in clock_changes(timetable, NOW)]

    assert told(Timetable(times=(time(2, 30),), zone=BERLIN)) == [
        "2027-03-28 03:30 02:30 does not exist on that night; it runs at 03:30",
        "2027-10-31 02:30 02:30 comes twice on that night; it runs the first time only",
    ]
    assert len(told(Timetable(cron="*/10 * * * *", zone=NEW_YORK))) == 2  # one of each change, of many
    for untouched in (
        Timetable(times=(time(8),), zone=BERLIN),
        Timetable(times=(time(2, 30),), zone=SHANGHAI),
        Timetable(times=(time(2, 30),), days=Days(weekdays=frozenset({0})), zone=BERLIN),
        Timetable(every_minutes=10, zone=BERLIN),
    ):
        assert told(untouched) == []
