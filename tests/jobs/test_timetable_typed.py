"""What people type is read as they mean it, or refused with the field and with what to do."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, time
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from backoffice.jobs.timetable import Days, Timetable
from backoffice.jobs.typed import TimetableError, as_typed, parse_timetable
from tests.jobs.timetable_play import quick, timetables


def refused(**typed: Any) -> TimetableError:
    with pytest.raises(TimetableError) as caught:
        parse_timetable(typed)
    assert str(caught.value) == caught.value.message
    return caught.value


# --- Read ---


def test_every_field_is_read() -> None:
    typed = {
        "times": "8:00, 18:30",
        "weekdays": ["0", "1"],
        "month_days": "1, 31, last day",
        "country": "de",
        "subdivision": "by",
        "first_date": "2026-12-01",
        "last_date": "2027-01-31",
        "zone": "Europe/Berlin",
        "spread_minutes": "5",
    }
    days = Days(frozenset({0, 1}), frozenset({1, 31}), True, "DE", "BY", date(2026, 12, 1), date(2027, 1, 31))
    expected = Timetable(
        times=(time(8), time(18, 30)), days=days, zone="Europe/Berlin", spread_minutes=5, code="reports.job_1"
    )
    timetable = parse_timetable(typed, "reports.job_1")
    assert timetable == expected
    assert timetable.delay == expected.delay


@pytest.mark.parametrize(
    ("text", "minutes"), [("5", 5), (" 90 ", 90), ("0.5", 0.5), ("0", 0), ("５", 5), ("1e3", 1000)]
)
def test_minutes_are_read(text: str, minutes: float) -> None:
    assert parse_timetable({"every_minutes": text}) == Timetable(every_minutes=minutes)


@pytest.mark.parametrize(
    "text",
    [
        "8:00,18:30",
        "18:30 08:00",
        "8：00，18：30",
        "８:00、１８：30",
        "08:00; 18:30",
        "8:00\n18:30\n8:00",
        ["8:00", "18:30"],
    ],
)
def test_times_are_read_as_they_are_typed_in_any_language(text: str | list[str]) -> None:
    assert parse_timetable({"times": text}) == Timetable(times=(time(8), time(18, 30)))


@pytest.mark.parametrize(
    "text", ["0 8 * * MON-FRI", " 0  8 * * MON-FRI ", "０ 8 ＊ ＊ MON－FRI", "0\u30008 * * MON-FRI"]
)
def test_expressions_are_read(text: str) -> None:
    assert parse_timetable({"cron": text}) == Timetable(cron="0 8 * * MON-FRI")


@pytest.mark.parametrize("text", ["last", "last day", "Last Day", "L", "最后一天"])
def test_the_last_day_has_several_names(text: str) -> None:
    assert parse_timetable({"times": "8:00", "month_days": text}).days == Days(last_day=True)
    assert parse_timetable({"times": "8:00", "month_days": f"1、15，{text}"}).days == Days(
        month_days=frozenset({1, 15}), last_day=True
    )


@pytest.mark.parametrize("text", ["2026-12-01", "2026/12/1", "2026.12.01", "2026年12月1日", "２０２６-12-01"])
def test_dates_are_read(text: str) -> None:
    assert parse_timetable({"times": "8:00", "first_date": text}).days.first == date(2026, 12, 1)


def test_what_is_left_empty_is_not_used() -> None:
    empty = dict.fromkeys(as_typed(Timetable()), "") | {"weekdays": []}
    assert parse_timetable(empty | {"every_minutes": "5"}) == Timetable(every_minutes=5)


@quick(200)
@given(timetables)
def test_a_form_that_begins_with_a_timetable_gives_it_back(timetable: Timetable) -> None:
    assume(not timetable.never_comes_due())
    read = parse_timetable(as_typed(timetable), timetable.code)
    assert set(read.times) == set(timetable.times)
    assert {**read.to_data(), "times": None} == {**timetable.to_data(), "times": None}


@quick(200)
@given(st.sampled_from(sorted(as_typed(Timetable()))), st.text(max_size=20) | st.text("0123456789:.,-L* ", max_size=20))
def test_whatever_is_typed_is_read_or_refused(field: str, text: str) -> None:
    with suppress(TimetableError):
        assert parse_timetable({"times": "8:00", field: text})


# --- Refused ---


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("every_minutes", "five", "“five” is not a number of minutes"),
        ("every_minutes", "-1", "is not a number of minutes"),
        ("every_minutes", "nan", "is not a number of minutes"),
        ("every_minutes", "inf", "is not a number of minutes"),
        ("every_minutes", "9" * 400, "is not a number of minutes"),
        ("every_minutes", "5,5", "is not a number of minutes"),
        ("times", "8", "“8” is not a time. Write hours and minutes such as 08:00"),
        ("times", "8:00, 25:00", "“25:00” is no time of the day: hours go from 00 to 23"),
        ("times", "8:60", "minutes from 00 to 59"),
        ("times", "8：75", "“8:75” is no time of the day"),
        ("times", "8.30", "“8.30” is not a time. Write it with a colon, such as 08:30"),
        ("times", "8:00:00", "is not a time"),
        ("times", "noon", "“noon” is not a time"),
        ("weekdays", ["0", "7"], "“7” is no day of the week"),
        ("month_days", "0", "“0” is no day of the month. Write 1 to 31, or “last day”"),
        ("month_days", "1, 32", "“32” is no day of the month"),
        ("month_days", "-1", "“-1” is no day of the month"),
        ("month_days", "first", "“first” is no day of the month"),
        ("country", "XX", "No working days are known for “XX”"),
        ("country", "China", "Write a country's code of two letters, such as CN"),
        ("first_date", "2026-02-30", "“2026-02-30” is not a date. Write it such as 2026-12-31"),
        ("last_date", "tomorrow", "is not a date"),
        ("last_date", "0000-01-01", "is not a date"),
        ("zone", "Europe/Berln", "There is no time zone “Europe/Berln”. Is Europe/Berlin meant?"),
        ("zone", "asia/shanghia", "Is Asia/Shanghai meant?"),
        ("zone", "Mars/Phobos/Stickney", "There is no time zone “Mars/Phobos/Stickney”"),
        ("zone", "../etc/passwd", "There is no time zone"),
        ("zone", "Europe", "There is no time zone"),
        ("spread_minutes", "61", "“61” is not a number of minutes from 0 to 60"),
        ("spread_minutes", "1.5", "is not a number of minutes from 0 to 60"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_field_and_what_to_do(
    field: str, text: str | list[str], words: str
) -> None:
    error = refused(**({"every_minutes": "5", "zone": "UTC"} | {field: text}))
    assert error.field == field
    assert words in error.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("60 8 * * *", "The minute, “60”, cannot be read. Write 0 to 59"),
        ("0 8:30 * * *", "The hour, “8:30”, cannot be read. Write 0 to 23"),
        ("0 8 32 * *", "The day of the month, “32”, cannot be read. Write 1 to 31"),
        ("0 8 * 13 *", "The month, “13”, cannot be read. Write 1 to 12 or JAN to DEC"),
        ("0 8 * * MONDAY", "The day of the week, “MONDAY”, cannot be read. Write SUN to SAT or 0 to 7"),
        ("0 8 * *", "has five fields, and this has 4: minute, hour"),
        ("0 0 8 * * *", "has five fields, and this has 6: minute, hour"),
        ("0 0 30 2 *", "None of these months has such a day"),
        ("0," * 200 + "0 8 * * *", "longer than 255 characters"),
    ],
)
def test_an_expression_is_refused_with_its_field_and_what_is_allowed(text: str, words: str) -> None:
    error = refused(cron=text)
    assert error.field == "cron"
    assert words in error.message


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({}, None, "Say when it is due"),
        ({"weekdays": ["0"], "zone": "UTC"}, None, "Say when it is due"),
        ({"cron": "0 8 * * *", "times": "8:00"}, "cron", "stands alone"),
        ({"cron": "0 8 * * *", "every_minutes": "0"}, "cron", "stands alone"),
        (
            {"times": "8:00", "first_date": "2027-01-31", "last_date": "2026-12-01"},
            "last_date",
            "The last day, 2026-12-01, is before the first, 2027-01-31",
        ),
        ({"times": "8:00", "subdivision": "BY"}, "subdivision", "Name the country, too"),
        ({"times": "8:00", "country": "DE", "subdivision": "XX"}, "subdivision", "Known are: BB, BE"),
        ({"times": "8:00", "country": "CN", "subdivision": "BJ"}, "subdivision", "Leave this empty"),
        ({"cron": "0 8 29 2 *", "month_days": "1"}, None, "No day fits all of this"),
        ({"times": "8:00", "month_days": "1", "first_date": "2026-12-02", "last_date": "2026-12-31"}, None, "No day"),
    ],
)
def test_what_does_not_go_together_is_refused(typed: dict[str, Any], field: str | None, words: str) -> None:
    error = refused(**typed)
    assert error.field == field
    assert words in error.message
