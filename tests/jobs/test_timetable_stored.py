"""A timetable is read from a ``Schedule``, kept as JSON, and is the same afterwards."""

from __future__ import annotations

import json
from datetime import time
from typing import Any

import pytest
from django_cron import Schedule
from hypothesis import given

from backoffice.jobs.timetable import Days, Timetable, parse_time
from tests.jobs.timetable_play import quick, timetables


@quick(200)
@given(timetables)
def test_what_is_stored_is_read_back(timetable: Timetable) -> None:
    assert Timetable.from_data(json.loads(json.dumps(timetable.to_data()))) == timetable


def test_a_timetable_that_no_day_fits_is_read_back_as_that() -> None:
    nothing = Timetable(times=(time(8),), days=Days(weekdays=frozenset(), month_days=frozenset()))
    assert Timetable.from_data(nothing.to_data()) == nothing


def test_what_is_not_used_is_not_stored() -> None:
    assert Timetable().to_data() == {"zone": "UTC"}
    assert Timetable.from_data({}) == Timetable()
    assert Timetable(every_minutes=0).to_data() == {"every_minutes": 0, "zone": "UTC"}


def test_all_that_a_schedule_can_say_is_read() -> None:
    schedule = Schedule(
        run_every_mins=2.5, run_at_times=["8:05", "23:59"], run_on_days=[0, 6], run_monthly_on_days=(1, 31)
    )
    assert Timetable.from_schedule(schedule, "Asia/Shanghai") == Timetable(
        every_minutes=2.5,
        times=(time(8, 5), time(23, 59)),
        days=Days(weekdays=frozenset({0, 6}), month_days=frozenset({1, 31})),
        zone="Asia/Shanghai",
    )


def test_a_schedule_that_says_nothing_never_comes_due() -> None:
    assert Timetable.from_schedule(Schedule(), "UTC").never_comes_due()
    assert Timetable.from_schedule(Schedule(run_at_times=[]), "UTC").never_comes_due()


def test_days_that_no_calendar_has_fit_no_day_as_in_stock() -> None:
    schedule = Schedule(run_every_mins=5, run_on_days=[7], run_monthly_on_days=range(40))
    timetable = Timetable.from_schedule(schedule, "UTC")
    assert timetable.days == Days(frozenset(), frozenset(range(1, 32)))
    assert timetable.never_comes_due()


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        ({"run_every_mins": "5"}, "run_every_mins must be a number of minutes from 0 to .*, not '5'"),
        ({"run_every_mins": -1}, "run_every_mins must be a number"),
        ({"run_every_mins": True}, "run_every_mins must be a number"),
        ({"run_every_mins": float("nan")}, "run_every_mins must be a number"),
        ({"run_every_mins": float("inf")}, "run_every_mins must be a number"),
        ({"run_every_mins": 10**400}, "run_every_mins must be a number"),
        ({"run_at_times": "08:30"}, "run_at_times must be a list such as .*, not '08:30'"),
        ({"run_at_times": 8}, "run_at_times must be a list"),
        ({"run_at_times": ["24:00"]}, "'24:00' is not a time of the day such as '08:30'"),
        ({"run_at_times": [8]}, "8 is not a time of the day"),
        ({"run_on_days": 5}, "run_on_days must be a list of whole numbers, not 5"),
        ({"run_on_days": ["mon"]}, "run_on_days must be a list of whole numbers"),
        ({"run_monthly_on_days": "15"}, "run_monthly_on_days must be a list of whole numbers, not '15'"),
        ({"run_monthly_on_days": [1.5]}, "run_monthly_on_days must be a list of whole numbers"),
    ],
)
def test_a_schedule_that_cannot_be_meant_is_refused_in_words(schedule: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Timetable.from_schedule(Schedule(**schedule), "UTC")


@pytest.mark.parametrize(("text", "meant"), [("8:05", time(8, 5)), ("08:05", time(8, 5)), ("0:00", time(0))])
def test_a_time_is_read_with_or_without_its_zero(text: str, meant: time) -> None:
    assert parse_time(text) == meant


@pytest.mark.parametrize("text", ["", "8", "08:60", "24:00", "08:05:00", "8:05 pm", "08:05\n", "-1:00", None, 8.05])
def test_what_is_no_time_is_refused_in_words(text: Any) -> None:
    with pytest.raises(ValueError, match="is not a time of the day such as '08:30'"):
        parse_time(text)
