"""Cells and tables as people and spreadsheets read them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from backoffice.jobs.formulas import defused
from reporter.datasets.base import Table
from reporter.models import ReportSection
from reporter.rendering.shaping import shape
from reporter.rendering.sheets import csv_bytes
from reporter.rendering.tables import as_text, plain_table


@pytest.mark.parametrize("sign", "=+-@＝＋－＠")
@pytest.mark.parametrize("before", ["", " ", "   ", "\u3000", "\t", "\r", "\n", "\r\n ", " \t"])
def test_a_formula_is_defused_whatever_sign_it_begins_with_and_whatever_blanks(sign: str, before: str) -> None:
    text = f"{before}{sign}cmd|' /C calc'!A0"
    assert defused(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-1+1", "=HYPERLINK(1)", "\tno formula, but a cell may begin there"])
def test_what_looks_like_a_number_or_begins_with_a_tab_is_defused_too(text: str) -> None:
    assert defused(text) == f"'{text}"


class Named:
    """What a driver may return for a type of its database's own."""

    def __str__(self) -> str:
        return "=1+1"


def test_what_is_no_text_but_is_written_like_a_formula_is_defused() -> None:
    table = Table(["value"], [[Named()], [Decimal("-1.50")]])
    text = csv_bytes(shape(ReportSection(), table, "UTC")).decode("utf-8-sig")
    assert text == "value\r\n'=1+1\r\n-1.50\r\n"


@pytest.mark.parametrize("text", ["-5", " -5", "+49", "-1.5", "1,234.5", "-1e9", "plain", " plain", "", "a=b", "0012"])
def test_numbers_and_plain_text_stay_as_they_are(text: str) -> None:
    assert defused(text) == text


def test_csv_has_a_byte_order_mark_and_raw_values() -> None:
    table = Table(
        ["=Name", "n", "when", "day", "took", "none"],
        [
            [
                '你好, "x"',
                -1234567,
                datetime(2026, 11, 23, 0, 0, tzinfo=UTC),
                date(2026, 1, 2),
                timedelta(minutes=2, milliseconds=500),
                None,
            ],
            ["x", Decimal("-1.50"), None, None, None, True],
        ],
    )
    assert csv_bytes(shape(ReportSection(), table, "Asia/Shanghai")).decode("utf-8") == (
        "\ufeff'=Name,n,when,day,took,none\r\n"
        '"你好, ""x""",-1234567,2026-11-23 08:00:00,2026-01-02,120.5,\r\n'
        "x,-1.50,,,,True\r\n"
    )


def test_chinese_is_two_columns_wide_in_plain_text() -> None:
    rows = [["任务与发送情况", "4"], ["Sales", "1,200"], ["e\u0301", "–"]]
    assert plain_table(["Report", "Sent"], rows, [False, True]).splitlines() == [
        "Report           Sent",
        "--------------  -----",
        "任务与发送情况      4",
        "Sales           1,200",
        "e\u0301                   –",
    ]


def test_a_table_without_rows_is_its_headings() -> None:
    assert plain_table(["a", "b"], [], [False, False]).splitlines() == ["a  b", "-  -"]


@pytest.mark.parametrize(
    ("value", "language", "text"),
    [
        (1234567, "en", "1,234,567"),
        (0.5, "en", "0.5"),
        (True, "en", "yes"),
        (datetime(2026, 11, 22, 16, 5, tzinfo=UTC), "en", "Nov. 23, 2026 00:05"),
        (datetime(2026, 11, 22, 16, 5, tzinfo=UTC), "zh-hans", "2026年11月23日 00:05"),
        (date(2026, 11, 23), "zh-hans", "2026年11月23日"),
        (time(7, 5), "en", "07:05"),
        (timedelta(milliseconds=840), "en", "0.8 s"),
        (timedelta(seconds=59.6), "en", "60 s"),
        (timedelta(seconds=61), "en", "1 min 1 s"),
        (timedelta(hours=3, minutes=10), "en", "3 h 10 min"),
        (None, "en", "–"),
    ],
)
def test_a_cell_reads_well(value: Any, language: str, text: str) -> None:
    with translation.override(language):
        assert as_text(value, "Asia/Shanghai") == text
