"""Which days an edition tells of, and with which it is compared: over clock changes, month ends and leap years."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.periods import Period, PeriodChoice, compared_with, period_before


def days(period: Period) -> tuple[str, str]:
    return period.first_day.isoformat(), period.last_day.isoformat()


def period(choice: str, day: str, **values: int) -> Period:
    return period_before(choice, date.fromisoformat(day), "UTC", **values)


@pytest.mark.parametrize(
    ("choice", "day", "first", "last"),
    [
        ("yesterday", "2026-03-01", "2026-02-28", "2026-02-28"),
        ("yesterday", "2028-03-01", "2028-02-29", "2028-02-29"),
        ("last_7_days", "2026-01-03", "2025-12-27", "2026-01-02"),
        ("last_week", "2026-11-23", "2026-11-16", "2026-11-22"),  # a Monday
        ("last_week", "2026-11-22", "2026-11-09", "2026-11-15"),  # a Sunday
        ("week_to_date", "2026-11-24", "2026-11-23", "2026-11-23"),
        ("week_to_date", "2026-11-23", "2026-11-16", "2026-11-22"),  # the week that has just ended
        ("last_month", "2026-03-31", "2026-02-01", "2026-02-28"),
        ("last_month", "2026-01-01", "2025-12-01", "2025-12-31"),
        ("month_to_date", "2026-03-31", "2026-03-01", "2026-03-30"),
        ("month_to_date", "2026-03-01", "2026-02-01", "2026-02-28"),  # the month that has just ended
        ("last_quarter", "2026-04-01", "2026-01-01", "2026-03-31"),
        ("last_quarter", "2026-02-14", "2025-10-01", "2025-12-31"),
        ("quarter_to_date", "2026-04-01", "2026-01-01", "2026-03-31"),
        ("quarter_to_date", "2026-04-02", "2026-04-01", "2026-04-01"),
        ("quarter_to_date", "2026-11-24", "2026-10-01", "2026-11-23"),
    ],
)
def test_a_period_has_these_days(choice: str, day: str, first: str, last: str) -> None:
    assert days(period(choice, day)) == (first, last)


def test_the_number_of_days_is_free() -> None:
    assert days(period("last_days", "2026-03-02", days=30)) == ("2026-01-31", "2026-03-01")


@pytest.mark.parametrize(
    ("choice", "day", "first", "last"),
    [
        ("yesterday", "2026-03-02", "2026-02-28", "2026-02-28"),
        ("last_7_days", "2026-11-23", "2026-11-09", "2026-11-15"),
        ("last_week", "2026-11-24", "2026-11-09", "2026-11-15"),
        ("week_to_date", "2026-11-26", "2026-11-16", "2026-11-18"),  # Monday to Wednesday with the same days
        ("last_month", "2026-04-10", "2026-02-01", "2026-02-28"),
        ("last_month", "2028-04-10", "2028-02-01", "2028-02-29"),
        ("month_to_date", "2026-03-31", "2026-02-01", "2026-02-28"),  # the 30th that February has not
        ("month_to_date", "2026-03-15", "2026-02-01", "2026-02-14"),
        ("month_to_date", "2026-03-01", "2026-01-01", "2026-01-31"),  # all of February with all of January
        ("last_quarter", "2026-04-10", "2025-10-01", "2025-12-31"),
        ("quarter_to_date", "2026-06-01", "2026-01-01", "2026-02-28"),  # to the end of its second month
        ("quarter_to_date", "2026-05-31", "2026-01-01", "2026-02-28"),
        ("quarter_to_date", "2026-05-11", "2026-01-01", "2026-02-10"),
    ],
)
def test_it_is_compared_with_the_same_days_before(choice: str, day: str, first: str, last: str) -> None:
    assert days(compared_with(choice, period(choice, day))) == (first, last)


def test_another_period_than_the_reports_own_is_compared_with_as_many_days_before() -> None:
    other = Period.of_days(date(2026, 11, 10), date(2026, 11, 12), "UTC")
    assert days(compared_with("last_month", other)) == ("2026-11-07", "2026-11-09")


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        (date(2026, 3, 30), "Europe/Berlin", 23),
        (date(2026, 10, 26), "Europe/Berlin", 25),
        (date(2026, 4, 26), "Africa/Cairo", 24),
        (date(2026, 4, 25), "Africa/Cairo", 24),
        (date(2026, 4, 25), "Asia/Shanghai", 24),
        (date(2023, 4, 29), "Africa/Cairo", 23),  # its midnight was left out
    ],
)
def test_a_day_is_as_long_as_the_clock_makes_it(day: date, zone: str, hours: int) -> None:
    told = period_before("yesterday", day, zone)
    if hours != 24:
        assert told.end.astimezone(UTC) - told.start.astimezone(UTC) == timedelta(hours=hours)
    assert told.first_day == told.last_day == day - timedelta(days=1)


def test_days_stay_the_same_when_they_come_back_from_the_database() -> None:
    told = period_before("last_month", date(2026, 4, 10), "Europe/Berlin")
    stored = Period(told.start.astimezone(UTC), told.end.astimezone(UTC), told.zone)
    assert days(stored) == ("2026-03-01", "2026-03-31")
    assert compared_with("last_month", stored).start.astimezone(UTC) == datetime(2026, 1, 31, 23, tzinfo=UTC)


@given(choice=st.sampled_from(PeriodChoice.values), day=st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_no_period_is_empty_or_reaches_the_day_itself(choice: str, day: date) -> None:
    told = period_before(choice, day, "Europe/Berlin")
    before = compared_with(choice, told)
    assert told.first_day <= told.last_day < day
    assert before.first_day <= before.last_day < told.first_day
