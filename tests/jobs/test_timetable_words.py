"""A timetable is told in a sentence."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest
from django.utils.translation import override
from hypothesis import given

from backoffice.jobs.timetable import Days, Timetable
from backoffice.jobs.words import describe
from tests.jobs.timetable_play import quick, timetables

EIGHT = (time(8),)


def days(**values: Any) -> Timetable:
    return Timetable(times=EIGHT, days=Days(**values))


@pytest.mark.parametrize(
    ("timetable", "sentence"),
    [
        (Timetable(every_minutes=5), "every 5 minutes"),
        (Timetable(every_minutes=1), "every minute"),
        (Timetable(every_minutes=0.5), "every 0.5 minutes"),
        (Timetable(every_minutes=60), "every hour"),
        (Timetable(every_minutes=1440), "every 24 hours"),
        (Timetable(every_minutes=10_000_000), "every 10000000 minutes"),
        (Timetable(every_minutes=0), "with every tick"),
        (Timetable(), "never"),
        (Timetable(times=(time(18, 30), time(8))), "at 08:00 and 18:30 (UTC)"),
        (Timetable(every_minutes=90, times=EIGHT), "every 90 minutes and at 08:00 (UTC)"),
        (Timetable(times=EIGHT, zone="Asia/Shanghai"), "at 08:00 (Asia/Shanghai)"),
        (days(weekdays=frozenset({0, 2})), "at 08:00 on Monday and Wednesday (UTC)"),
        (days(weekdays=frozenset(range(5))), "at 08:00 from Monday to Friday (UTC)"),
        (days(weekdays=frozenset()), "at 08:00 on no day of the week (UTC)"),
        (days(month_days=frozenset({15})), "at 08:00 on day 15 of the month (UTC)"),
        (days(month_days=frozenset({1, 15, 31})), "at 08:00 on days 1, 15 and 31 of the month (UTC)"),
        (days(last_day=True), "at 08:00 on the last day of the month (UTC)"),
        (days(month_days=frozenset({1}), last_day=True), "at 08:00 on day 1 and the last day of the month (UTC)"),
        (days(month_days=frozenset()), "at 08:00 on no day of the month (UTC)"),
        (days(country="CN"), "at 08:00 on working days of China (UTC)"),
        (days(country="DE", subdivision="BY"), "at 08:00 on working days of Germany (BY) (UTC)"),
        (
            days(weekdays=frozenset({4}), month_days=frozenset({13})),
            "at 08:00 on Friday, and only on day 13 of the month (UTC)",
        ),
        (days(first=date(2026, 12, 1)), "at 08:00, from 1 Dec 2026 on (UTC)"),
        (days(last=date(2027, 1, 31)), "at 08:00, until 31 Jan 2027 (UTC)"),
        (days(first=date(2026, 12, 1), last=date(2027, 1, 31)), "at 08:00, from 1 Dec 2026 to 31 Jan 2027 (UTC)"),
        (Timetable(every_minutes=5, spread_minutes=1), "every 5 minutes, up to 1 minute later"),
        (Timetable(times=EIGHT, spread_minutes=9), "at 08:00, up to 9 minutes later (UTC)"),
    ],
)
def test_a_timetable_is_told_in_a_sentence(timetable: Timetable, sentence: str) -> None:
    assert describe(timetable) == sentence


# As described by the words above, where an expression says no more than they do.
USUAL = [
    ("* * * * *", "every minute"),
    ("*/5 * * * *", "every 5 minutes"),
    ("0 * * * *", "every hour"),
    ("0 */2 * * *", "every 2 hours"),
    ("30 * * * *", "every hour from 00:30 to 23:30"),
    ("*/30 9-17 * * *", "every 30 minutes from 09:00 to 17:30"),
    ("0 8 * * *", "at 08:00"),
    ("0,30 8 * * *", "at 08:00 and 08:30"),
    ("30 8,18 1,15 * *", "at 08:30 and 18:30 on days 1 and 15 of the month"),
    ("0 8 * * MON-FRI", "at 08:00 from Monday to Friday"),
    ("0 8 * * 0,7", "at 08:00 on Sunday"),
    ("0 0 L * *", "at 00:00 on the last day of the month"),
    ("0 0 1,L * *", "at 00:00 on day 1 and the last day of the month"),
    ("0 8 1-31 * MON", "at 08:00"),
    ("0 8 */16 * MON", "at 08:00 on Monday, and only on days 1 and 17 of the month"),
]
UNUSUAL = [
    ("0 9 * * MON#1", "at 09:00 on the first Monday of the month"),
    ("0 0 LW * *", "at 00:00 on the last weekday of every month"),
    ("0 0 29 2 *", "at 00:00 on February 29"),
    ("7,13 * * * *", "at minutes 7 and 13 of every hour"),
    ("0 8 1 * MON", "at 08:00 on the first day of month and on Monday"),
]


@pytest.mark.parametrize(("cron", "words"), [*USUAL, *UNUSUAL])
def test_an_expression_is_told_in_words(cron: str, words: str) -> None:
    assert describe(Timetable(cron=cron)) == f"{words} (UTC)"


@pytest.mark.parametrize(("cron", "words"), UNUSUAL)
def test_an_unusual_expression_stands_for_itself_in_other_languages(cron: str, words: str) -> None:
    with override("zh-hans"):
        assert cron in describe(Timetable(cron=cron))
        assert words not in describe(Timetable(cron=cron))


@pytest.mark.parametrize(("cron", "words"), USUAL)
def test_a_usual_expression_is_told_in_words_in_every_language(cron: str, words: str) -> None:
    with override("zh-hans"):
        assert cron not in describe(Timetable(cron=cron))


def test_days_are_told_beside_those_of_the_expression() -> None:
    timetable = Timetable(cron="0 9 * * MON", days=Days(country="CN", last=date(2026, 12, 31)), zone="Asia/Shanghai")
    sentence = "at 09:00 on Monday on working days of China, until 31 Dec 2026 (Asia/Shanghai)"
    assert describe(timetable) == sentence


def test_weekdays_have_the_names_of_the_language() -> None:
    with override("zh-hans"):
        assert "星期一" in describe(days(weekdays=frozenset({0, 2})))


@quick(200)
@given(timetables)
def test_every_timetable_can_be_told(timetable: Timetable) -> None:
    for language in ("en", "zh-hans"):
        with override(language):
            assert describe(timetable)
