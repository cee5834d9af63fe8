"""Cron expressions: which moments they mean, and which are refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import given

from backoffice.jobs.timetable import Days, Timetable
from tests.cost import counted
from tests.jobs.timetable_play import Keeper, at, crons, moments, quick

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # a Monday
BERLIN, NEW_YORK, SHANGHAI = "Europe/Berlin", "America/New_York", "Asia/Shanghai"


def coming(cron: str, number: int, after: datetime = NOW, zone: str = "UTC", days: Days | None = None) -> list[str]:
    """The next moments by the clock on the wall."""
    timetable = Timetable(cron=cron, zone=zone, days=days or Days())
    slots = islice(timetable.upcoming(after), number)
    return [f"{slot.at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" for slot in slots]


# --- What they mean ---


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("30 8 * * MON-FRI", ["2026-11-24 08:30", "2026-11-25 08:30"]),
        ("30 8 * * 1-5", ["2026-11-24 08:30", "2026-11-25 08:30"]),
        ("30 8 * * sun", ["2026-11-29 08:30", "2026-12-06 08:30"]),
        ("30 8 * * 7", ["2026-11-29 08:30", "2026-12-06 08:30"]),
        ("*/20 9-10 * * *", ["2026-11-24 09:00", "2026-11-24 09:20", "2026-11-24 09:40", "2026-11-24 10:00"]),
        ("5/25 9 * * *", ["2026-11-24 09:05", "2026-11-24 09:30", "2026-11-24 09:55"]),
        ("0 0 L * *", ["2026-11-30 00:00", "2026-12-31 00:00", "2027-01-31 00:00", "2027-02-28 00:00"]),
        ("0 0 LW * *", ["2026-11-30 00:00", "2026-12-31 00:00", "2027-01-29 00:00"]),
        ("0 0 31 * *", ["2026-12-31 00:00", "2027-01-31 00:00", "2027-03-31 00:00"]),
        ("0 0 29 feb *", ["2028-02-29 00:00", "2032-02-29 00:00"]),
        ("0 9 * * MON#1", ["2026-12-07 09:00", "2027-01-04 09:00"]),
        ("0 9 * * 5L", ["2026-11-27 09:00", "2026-12-25 09:00"]),
        ("0 9 1 JAN,JUL *", ["2027-01-01 09:00", "2027-07-01 09:00"]),
        ("0  9\t1 JAN *", ["2027-01-01 09:00"]),
        # Either day where both are named; both where one begins with a star.
        ("0 0 1 * SUN", ["2026-11-29 00:00", "2026-12-01 00:00", "2026-12-06 00:00"]),
        ("0 0 */2 * SUN", ["2026-11-29 00:00", "2026-12-13 00:00"]),
    ],
)
def test_an_expression_comes_due_when_it_says(cron: str, expected: list[str]) -> None:
    assert coming(cron, len(expected)) == expected


def test_29_february_is_found_over_a_century_without_one() -> None:
    assert coming("0 0 29 2 *", 1, datetime(2096, 3, 1, tzinfo=UTC)) == ["2104-02-29 00:00"]
    on_mondays = Days(weekdays=frozenset({0}))
    assert coming("0 0 29 2 *", 1, datetime(2072, 3, 1, tzinfo=UTC), days=on_mondays) == ["2112-02-29 00:00"]


def test_a_day_must_fit_the_expression_and_the_days() -> None:
    last_fridays = Days(weekdays=frozenset({4}), last=date(2026, 12, 31))
    assert coming("0 9 * * *", 3, days=last_fridays) == ["2026-11-27 09:00", "2026-12-04 09:00", "2026-12-11 09:00"]
    assert coming("0 9 25-31 * *", 9, days=last_fridays) == ["2026-11-27 09:00", "2026-12-25 09:00"]


@quick(150)
@given(crons, moments)
def test_the_moments_are_those_that_cronsim_counts_where_no_clock_is_changed(cron: str, after: datetime) -> None:
    theirs = list(islice(CronSim(cron, after), 20))
    assert [slot.at for slot in islice(Timetable(cron=cron).upcoming(after), 20)] == theirs


def test_slots_are_keyed_by_local_date_and_time_and_know_their_time() -> None:
    slot = Timetable(cron="30 8 * * *", zone=SHANGHAI).next_slot(NOW)
    assert slot
    assert (slot.key, slot.local_time, slot.at) == ("2026-11-24T08:30", time(8, 30), at(SHANGHAI, 2026, 11, 24, 8, 30))


def test_an_expression_is_never_run_early() -> None:
    keeper = Keeper.begin(Timetable(cron="*/5 * * * *"), NOW)
    assert keeper.tick(NOW)
    assert keeper.tick(NOW + 5 * MINUTE - timedelta(seconds=0.2)) is None
    assert keeper.tick(NOW + 5 * MINUTE)


def test_an_expression_has_set_times_which_are_those_of_a_zone() -> None:
    hourly = Timetable(cron="0 * * * *")
    assert (hourly.has_set_times, hourly.depends_on_zone, hourly.is_at_each_look) == (True, True, False)


def test_an_expression_stands_alone() -> None:
    for other in ({"times": (time(8),)}, {"every_minutes": 5}, {"every_minutes": 0}):
        with pytest.raises(ValueError, match="stands alone"):
            Timetable(cron="* * * * *", **other)


# --- Cost ---


@pytest.mark.parametrize("cron", ["* * * * *", "0 8 * * MON-FRI", "0 0 L * *", "*/5 9-17 * * *"])
def test_the_next_slot_of_an_expression_costs_microseconds(cron: str) -> None:
    Timetable(cron=cron, zone=BERLIN).next_slot(NOW)  # opens the zone
    timetable = Timetable(cron=cron, zone=BERLIN)
    assert counted(lambda: timetable.next_slot(NOW))[1] < 250


@pytest.mark.parametrize("cron", ["* * * * *", "0 8 * * *"])
def test_an_outage_of_400_days_is_counted_in_milliseconds(cron: str) -> None:
    due, calls = counted(lambda: Timetable(cron=cron, zone=BERLIN).due(NOW, NOW + 400 * DAY))
    assert due
    assert due.count == (400 * 1440 + 1 if cron.startswith("*") else 400)
    assert calls < 130_000  # about 50 ms
