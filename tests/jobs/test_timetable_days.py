"""Weekdays and days of the month."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice

import pytest

from backoffice.jobs.timetable import Days, Timetable
from tests.jobs.timetable_play import Keeper, at, every, played

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
EIGHT = (time(8),)


def test_day_31_comes_in_the_months_that_have_it() -> None:
    slots = islice(
        Timetable(times=EIGHT, days=Days(month_days=frozenset({31}))).upcoming(datetime(2026, 1, 31, 8, tzinfo=UTC)), 6
    )
    assert [slot.at.month for slot in slots] == [3, 5, 7, 8, 10, 12]


def test_a_day_must_be_in_both_where_weekdays_and_days_of_the_month_are_given() -> None:
    friday_13 = Timetable(times=EIGHT, days=Days(weekdays=frozenset({4}), month_days=frozenset({13})))
    slots = islice(friday_13.upcoming(datetime(2026, 1, 1, tzinfo=UTC)), 4)
    assert [slot.at.date() for slot in slots] == [
        date(2026, 2, 13),
        date(2026, 3, 13),
        date(2026, 11, 13),
        date(2027, 8, 13),
    ]


@pytest.mark.parametrize("weekday", range(7))
@pytest.mark.parametrize("month_day", [1, 28, 29, 30, 31])
def test_every_day_of_the_month_comes_on_every_weekday(weekday: int, month_day: int) -> None:
    days = Days(weekdays=frozenset({weekday}), month_days=frozenset({month_day}))
    timetables = [
        Timetable(times=EIGHT, days=days),
        Timetable(every_minutes=5, days=days),
        Timetable(every_minutes=0, days=days),
    ]
    # In all of the calendar's 28 years, and over 2100, which has no 29 February.
    starts = [datetime(year, month, 1, tzinfo=UTC) for year in (*range(2024, 2052), 2097, 2099) for month in (1, 7)]
    for timetable in timetables:
        assert not timetable.never_comes_due()
        for start in starts:
            slot = timetable.next_slot(start, start)
            assert slot
            assert (slot.at.weekday(), slot.at.day) == (weekday, month_day)


@pytest.mark.parametrize(
    "timetable",
    [
        Timetable(),
        Timetable(days=Days(weekdays=frozenset({1}))),
        Timetable(times=EIGHT, days=Days(weekdays=frozenset())),
        Timetable(times=EIGHT, days=Days(month_days=frozenset())),
        Timetable(every_minutes=5, days=Days(weekdays=frozenset())),
        Timetable(every_minutes=0, days=Days(month_days=frozenset())),
        Timetable(every_minutes=5, times=EIGHT, days=Days(weekdays=frozenset(), month_days=frozenset({1}))),
    ],
)
def test_a_timetable_without_a_time_or_a_day_never_comes_due(timetable: Timetable) -> None:
    now = datetime(2026, 5, 5, tzinfo=UTC)
    assert timetable.never_comes_due()
    assert timetable.first_slot(now) is None
    assert timetable.next_slot(now, now) is None
    assert timetable.due(now, now + 400 * DAY, now) is None
    assert list(timetable.upcoming(now, now)) == []


@pytest.mark.parametrize("timetable", [Timetable(every_minutes=5), Timetable(times=EIGHT), Timetable(every_minutes=0)])
def test_a_timetable_with_a_time_and_days_comes_due(timetable: Timetable) -> None:
    assert not timetable.never_comes_due()


def test_an_interval_begins_anew_at_midnight_of_the_first_allowed_day() -> None:
    # 7 minutes do not divide a day: Friday's last slot is at 23:55, and Monday's first is not seven minutes on.
    timetable = Timetable(every_minutes=7, days=Days(weekdays=frozenset(range(5))), zone="Europe/Berlin")
    friday, monday = at("Europe/Berlin", 2026, 5, 8), at("Europe/Berlin", 2026, 5, 11)
    runs = [now for now, _ in played(timetable, every(MINUTE, friday, monday + DAY))]
    assert [now for now in runs if now < monday] == every(7 * MINUTE, friday, friday + DAY)
    assert [now for now in runs if now >= monday] == every(7 * MINUTE, monday, monday + DAY)


def test_an_interval_goes_on_over_midnight_between_allowed_days() -> None:
    timetable = Timetable(every_minutes=7, days=Days(weekdays=frozenset(range(5))))
    monday = datetime(2026, 5, 11, tzinfo=UTC)
    ticks = every(MINUTE, monday, monday + 5 * DAY)
    assert [now for now, _ in played(timetable, ticks)] == every(7 * MINUTE, monday, monday + 5 * DAY)


def test_an_interval_longer_than_the_days_off_goes_on_after_them() -> None:
    timetable = Timetable(every_minutes=3 * 24 * 60, days=Days(weekdays=frozenset({0, 3})))
    monday_noon = datetime(2026, 5, 11, 12, tzinfo=UTC)
    slots = [slot.at for slot in islice(timetable.upcoming(monday_noon, monday_noon), 3)]
    # Thursday noon; three days on is a Sunday, so the Monday after it; and so on.
    assert slots == [monday_noon + 3 * DAY, monday_noon + 6.5 * DAY, monday_noon + 9.5 * DAY]


def test_days_are_those_of_the_zone() -> None:
    # When Monday begins in Shanghai it is Sunday afternoon in London.
    monday = at("Asia/Shanghai", 2026, 5, 11)
    keeper = Keeper.begin(
        Timetable(every_minutes=60, days=Days(weekdays=frozenset({0})), zone="Asia/Shanghai"), monday - DAY
    )
    assert keeper.next_slot_at == monday
    runs = [now for now, _ in keeper.ticks(every(30 * MINUTE, monday - DAY, monday + 2 * DAY))]
    assert runs == every(60 * MINUTE, monday, monday + DAY)


def test_all_days_written_out_are_no_restriction() -> None:
    now = datetime(2026, 5, 5, 23, 59, tzinfo=UTC)
    written_out = Timetable(
        every_minutes=7, days=Days(weekdays=frozenset(range(7)), month_days=frozenset(range(1, 32)))
    )
    assert written_out.next_slot(now, now) == Timetable(every_minutes=7).next_slot(now, now)
    assert not written_out.depends_on_zone
    assert Timetable(every_minutes=7, days=Days(weekdays=frozenset(range(6)))).depends_on_zone
    assert Timetable(times=EIGHT).depends_on_zone


@pytest.mark.parametrize(("day", "allowed"), [(10, False), (11, True)])
def test_a_moment_is_allowed_by_the_day_that_it_has_in_the_zone(day: int, allowed: bool) -> None:
    timetable = Timetable(every_minutes=5, days=Days(weekdays=frozenset({0})), zone="Asia/Shanghai")
    assert timetable.allows_moment(at("Asia/Shanghai", 2026, 5, day, 1)) is allowed
