"""The last day of a month, working days of a country, the first and the last date."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice

import pytest
from django.utils import translation

from backoffice.jobs.timetable import Days, Timetable
from backoffice.jobs.workdays import countries, country_name
from tests.jobs.timetable_play import Keeper, at, every, played

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
EIGHT = (time(8),)
NINE = (time(9),)
SHANGHAI = "Asia/Shanghai"


def coming(days: Days, number: int, after: datetime) -> list[date]:
    slots = islice(Timetable(times=EIGHT, days=days).upcoming(after), number)
    return [slot.at.date() for slot in slots]


def start(year: int, month: int = 1, day: int = 1) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)


# --- Days of the month ---


def test_the_last_day_is_that_of_each_month() -> None:
    days = coming(Days(last_day=True), 12, start(2028))
    assert [day.day for day in days] == [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


def test_the_last_day_and_days_by_number_are_all_meant() -> None:
    days = coming(Days(month_days=frozenset({1, 30}), last_day=True), 7, start(2027))
    assert [(day.month, day.day) for day in days] == [(1, 1), (1, 30), (1, 31), (2, 1), (2, 28), (3, 1), (3, 30)]


def test_day_29_comes_in_february_of_leap_years() -> None:
    february = [day for day in coming(Days(month_days=frozenset({29})), 40, start(2027)) if day.month == 2]
    assert february == [date(2028, 2, 29)]


def test_the_last_day_may_have_to_be_a_weekday() -> None:
    days = coming(Days(weekdays=frozenset({4}), last_day=True), 3, start(2026))
    assert days == [date(2026, 7, 31), date(2027, 4, 30), date(2027, 12, 31)]


def test_an_interval_on_the_last_day_fills_it() -> None:
    ticks = every(HOUR, start(2026, 11, 29), start(2026, 12, 3))
    runs = played(Timetable(every_minutes=60, days=Days(last_day=True)), ticks)
    assert [now for now, _ in runs] == every(HOUR, start(2026, 11, 30), start(2026, 12, 1))


# --- Working days ---

# As the State Council announced them for 2026.
MADE_UP = [date(2026, *day) for day in ((1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10))]


def chinese_days(first: date, last: date, **conditions: frozenset[int]) -> list[date]:
    days = Days(country="CN", first=first, last=last, **conditions)
    slots = Timetable(times=NINE, days=days, zone=SHANGHAI).upcoming(at(SHANGHAI, 2025, 12, 1))
    return [date.fromisoformat(slot.key[:10]) for slot in slots]


def test_weekends_that_china_makes_up_are_working_days() -> None:
    found = chinese_days(date(2026, 1, 1), date(2026, 12, 31))
    assert [day for day in found if day.weekday() >= 5] == MADE_UP


def test_holidays_in_china_are_no_working_days() -> None:
    # Golden Week from 1 to 7 October; its Saturday the 10th makes up for one of them.
    found = chinese_days(date(2026, 9, 29), date(2026, 10, 12))
    assert [day.isoformat()[5:] for day in found] == ["09-29", "09-30", "10-08", "10-09", "10-10", "10-12"]


def test_working_days_may_have_to_be_weekdays() -> None:
    assert chinese_days(date(2026, 1, 1), date(2026, 12, 31), weekdays=frozenset({5, 6})) == MADE_UP


def test_a_part_of_a_country_has_holidays_of_its_own() -> None:
    epiphany = date(2026, 1, 6)
    assert coming(Days(country="DE", first=epiphany), 1, start(2026)) == [epiphany]
    assert coming(Days(country="DE", subdivision="BY", first=epiphany), 1, start(2026)) == [epiphany + DAY]


def test_an_interval_on_working_days_rests_over_a_holiday() -> None:
    friday, tuesday = at("Europe/Berlin", 2026, 4, 3), at("Europe/Berlin", 2026, 4, 7)  # Good Friday to Easter Monday
    timetable = Timetable(every_minutes=60, days=Days(country="DE"), zone="Europe/Berlin")
    runs = [now for now, _ in played(timetable, every(HOUR, friday - DAY, tuesday + DAY))]
    assert runs == [*every(HOUR, friday - DAY, friday), *every(HOUR, tuesday, tuesday + DAY)]


def test_working_days_are_those_of_the_zone() -> None:
    slot = Timetable(every_minutes=0, days=Days(country="CN"), zone=SHANGHAI).next_slot(at(SHANGHAI, 2026, 11, 28, 12))
    assert slot
    assert slot.at == at(SHANGHAI, 2026, 11, 30)


def test_the_library_of_holidays_is_imported_only_for_those_who_ask() -> None:
    ask = "from datetime import *; from backoffice.jobs.timetable import *; import sys; \
slot = Timetable.from_data({}).next_slot(datetime.now(UTC)); print('holidays' in sys.modules)"
    for data, imported in (
        ("{'cron': '0 8 * * *', 'last_day': True}", "False"),
        ("{'times': ['08:00'], 'country': 'CN'}", "True"),
    ):
        command = [sys.executable, "-c", ask.replace("{}", data)]
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == imported


def test_countries_have_codes_parts_and_names() -> None:
    assert countries()["CN"] == []
    assert "BY" in countries()["DE"]
    assert [country_name(code) for code in ("CN", "DE", "US", "??")] == ["China", "Germany", "United States", "??"]
    with translation.override("zh-hans"):
        assert [country_name(code) for code in ("CN", "DE", "US", "??")] == ["中国", "德国", "美国", "??"]
    with translation.override("xx"):
        assert country_name("DE") == "Germany"
    unnamed = [code for code in countries() if country_name(code) == code]
    assert unnamed == []


# --- The first and the last date ---


def test_a_timetable_that_begins_later_waits_for_its_first_date() -> None:
    days = Days(first=date(2040, 3, 1))
    for timetable in (Timetable(times=EIGHT, days=days), Timetable(cron="0 8 * * *", days=days)):
        slot = timetable.next_slot(start(2026))
        assert slot
        assert slot.at == datetime(2040, 3, 1, 8, tzinfo=UTC)
    slot = Timetable(every_minutes=7, days=days).first_slot(start(2026))
    assert slot
    assert slot.at == start(2040, 3, 1)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/New_York"])
def test_after_its_last_date_nothing_comes_any_more(zone: str) -> None:
    days = Days(last=date(2026, 5, 6))
    last_minute = at(zone, 2026, 5, 6, 23, 59)
    for timetable in (
        Timetable(times=(time(8), time(23, 59)), days=days, zone=zone),
        Timetable(cron="59 * * * *", days=days, zone=zone),
        Timetable(every_minutes=1, days=days, zone=zone),
    ):
        slot = timetable.next_slot(last_minute - timedelta(seconds=1), at(zone, 2026, 5, 1))
        assert slot
        assert slot.at == last_minute
        assert timetable.next_slot(last_minute, at(zone, 2026, 5, 1)) is None
        assert timetable.first_slot(last_minute + timedelta(minutes=1)) is None
        keeper = Keeper.begin(timetable, last_minute - HOUR)
        keeper.ticks(every(timedelta(minutes=1), last_minute - HOUR, last_minute + DAY))
        assert keeper.next_slot_at is None
    each_look = Timetable(every_minutes=0, days=days, zone=zone)
    assert each_look.due(last_minute, last_minute)
    assert each_look.due(last_minute, last_minute + timedelta(minutes=1)) is None


def test_what_came_due_before_the_end_is_made_up_for_after_it() -> None:
    keeper = Keeper.begin(Timetable(times=EIGHT, days=Days(last=date(2026, 5, 6))), start(2026, 5, 5))
    due = keeper.tick(start(2026, 7, 1))
    assert due
    assert (due.count, due.latest.key, keeper.next_slot_at) == (2, "2026-05-06T08:00", None)


def test_first_and_last_date_are_included() -> None:
    days = Days(first=date(2026, 12, 30), last=date(2027, 1, 1))
    assert coming(days, 9, start(2026)) == [date(2026, 12, 30), date(2026, 12, 31), date(2027, 1, 1)]


def test_the_last_date_of_all_is_no_end() -> None:
    timetable = Timetable(every_minutes=5, days=Days(last=date.max))
    slot = timetable.next_slot(start(2026), start(2026))
    assert slot
    assert slot.at == start(2026) + timedelta(minutes=5)
