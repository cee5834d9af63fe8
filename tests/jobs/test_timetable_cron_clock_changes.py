"""Cron expressions over clock changes: nothing is dropped, and nothing repeated but where all hours are meant."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.jobs.cron_expressions import read_cron
from backoffice.jobs.timetable import Timetable
from tests.jobs.timetable_play import at, crons, every, played, quick

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
BERLIN, NEW_YORK, SHANGHAI = "Europe/Berlin", "America/New_York", "Asia/Shanghai"

SPRING = [(BERLIN, date(2026, 3, 29)), (NEW_YORK, date(2026, 3, 8))]
AUTUMN = [(BERLIN, date(2026, 10, 25), 2), (NEW_YORK, date(2026, 11, 1), 1)]


def runs_on(zone: str, day: date, cron: str) -> list[str]:
    """By the clock on the wall, with a tick each minute."""
    midnight = at(zone, day.year, day.month, day.day)
    end = at(zone, (day + DAY).year, (day + DAY).month, (day + DAY).day)
    runs = played(Timetable(cron=cron, zone=zone), every(MINUTE, midnight, end))
    assert all(due.count == 1 and due.latest.at == now for now, due in runs)
    assert len({due.latest.key for _, due in runs}) == len(runs)
    return [f"{now.astimezone(ZoneInfo(zone)):%H:%M}" for now, _ in runs]


@pytest.mark.parametrize(("zone", "day"), SPRING)
def test_in_spring_nothing_is_dropped(zone: str, day: date) -> None:
    assert runs_on(zone, day, "30 2 * * *") == ["03:30"]
    assert runs_on(zone, day, "*/20 2 * * *") == ["03:00", "03:20", "03:40"]
    assert runs_on(zone, day, "0 */2 * * *")[:3] == ["00:00", "03:00", "04:00"]
    assert runs_on(zone, day, "30 1-3 * * *") == ["01:30", "03:30"]


@pytest.mark.parametrize(("zone", "day", "hour"), AUTUMN)
def test_in_autumn_nothing_is_repeated(zone: str, day: date, hour: int) -> None:
    assert runs_on(zone, day, f"30 {hour} * * *") == [f"0{hour}:30"]
    assert runs_on(zone, day, f"*/20 {hour} * * *") == [f"0{hour}:00", f"0{hour}:20", f"0{hour}:40"]
    assert runs_on(zone, day, "0 */2 * * *")[:3] == ["00:00", "02:00", "04:00"]
    assert len(runs_on(zone, day, "0 0-22 * * *")) == 23


@pytest.mark.parametrize(("zone", "day", "hour"), AUTUMN)
@pytest.mark.parametrize("hours", ["*", "*/1", "0-23"])
def test_all_hours_are_all_that_pass(zone: str, day: date, hour: int, hours: str) -> None:
    found = runs_on(zone, day, f"30 {hours} * * *")
    assert len(found) == 25
    assert found.count(f"0{hour}:30") == 2
    midnight, end = at(zone, day.year, day.month, day.day), at(zone, day.year, day.month, day.day, 23, 59)
    due = Timetable(cron=f"*/5 {hours} * * *", zone=zone).due(midnight, end)
    assert due
    assert due.count == 25 * 12


@pytest.mark.parametrize(("zone", "day"), SPRING)
def test_all_hours_of_a_short_day_are_23(zone: str, day: date) -> None:
    assert len(runs_on(zone, day, "30 * * * *")) == 23


def test_in_shanghai_no_clock_is_changed() -> None:
    for day in (date(2026, 3, 29), date(2026, 10, 25)):
        assert runs_on(SHANGHAI, day, "30 2 * * *") == ["02:30"]
        assert len(runs_on(SHANGHAI, day, "30 * * * *")) == 24


CHANGED = [
    *SPRING,
    *[change[:2] for change in AUTUMN],
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("America/Nuuk", date(2026, 3, 28)),
    ("Africa/Cairo", date(2026, 4, 24)),
]


@quick(60)
@given(crons, st.sampled_from(CHANGED))
def test_every_minute_that_the_clock_shows_and_the_expression_names_has_its_slot(
    cron: str, change: tuple[str, date]
) -> None:
    zone, day = change
    first, last = (at(zone, one.year, one.month, one.day) for one in (day - DAY, day + 2 * DAY))
    expression = read_cron(cron)
    times = set(expression.times)
    shown: dict[str, list[datetime]] = {}
    for minute in every(MINUTE, first, last):
        clock = minute.astimezone(ZoneInfo(zone))
        if expression.allows(clock.date()) and clock.time() in times:
            shown.setdefault(f"{clock:%Y-%m-%dT%H:%M}", []).append(minute)
    expected = {one for minutes in shown.values() for one in minutes[: 2 if expression.comes_hourly else 1]}
    slots = list(Timetable(cron=cron, zone=zone).set_times.slots(first, last - MINUTE))
    found = {slot.at for slot in slots}
    assert expected <= found
    assert all(slot.key not in shown for slot in slots if slot.at not in expected), "more is what the clock left out"
