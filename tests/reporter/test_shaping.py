"""A table as a section wants it: columns, order, forms, totals, colours, and what has changed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from reporter.columns import Rule, validate_columns
from reporter.datasets.base import Table
from reporter.models import ReportSection
from reporter.rendering.formats import amount_of, change, shown
from reporter.rendering.sections import table_view
from reporter.rendering.shaping import Shaped, shape

SALES = Table(["Region", "Sold", "Open"], [["North", 10, None], ["South", -2, 5], ["East", 4, 1]])


def shaped(table: Table = SALES, before: Table | None = None, columns: Any = (), **values: Any) -> Shaped:
    section = ReportSection(columns=[{"name": c} if isinstance(c, str) else c for c in columns], **values)
    return shape(section, table, "Asia/Shanghai", before)


def test_columns_are_chosen_renamed_and_put_in_order() -> None:
    table = shaped(columns=["Open", {"name": "Region", "heading": "Where"}])
    assert [column.heading for column in table.columns] == ["Open", "Where"]
    assert [list(row) for row in table.rows] == [[None, "North"], [5, "South"], [1, "East"]]


def test_a_column_that_is_gone_is_told_and_the_rest_stays() -> None:
    table = shaped(columns=["Region", "Price", "Open"], sort_column="Weight")
    assert table.missing == ["Price", "Weight"]
    assert [column.name for column in table.columns] == ["Region", "Open"]


def test_a_column_less_than_last_time_is_told_even_if_none_was_chosen() -> None:
    assert shaped(seen_columns=["Region", "Sold", "Open", "Price"]).missing == ["Price"]
    assert shaped(Table([], []), seen_columns=["Region"]).missing == []  # nothing at all was found


def test_two_columns_of_one_name_are_both_shown() -> None:
    assert list(shaped(Table(["a", "a"], [[1, 2]])).rows[0]) == [1, 2]


@pytest.mark.parametrize(("is_descending", "order"), [(False, "South East North"), (True, "North East South")])
def test_rows_are_sorted_by_numbers(is_descending: bool, order: str) -> None:
    table = shaped(sort_column="Sold", is_descending=is_descending)
    assert " ".join(row[0] for row in table.rows) == order


def test_anything_can_be_sorted_and_what_is_unknown_stands_last() -> None:
    values = ["b", None, 3, datetime(2026, 1, 1, tzinfo=UTC), date(2026, 1, 1), "A", float("nan"), Decimal(2), b"x"]
    for is_descending in (False, True):
        table = shaped(Table(["v"], [[value] for value in values]), sort_column="v", is_descending=is_descending)
        assert table.rows[-1][0] is None
        assert len(table.rows) == len(values)


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (1234.5, "whole", "1,235"),
        (1234.565, "hundredths", "1,234.57"),
        ("1234.5", "tenths", "1,234.5"),  # the resources of models know text only
        (-0.3, "whole", "0"),
        (2026, "plain", "2026"),
        (0.125, "percent", "13 %"),
        (0.125, "percent_tenths", "12.5 %"),
        ("n/a", "whole", "n/a"),
        (None, "whole", "–"),
        (float("inf"), "whole", "∞"),
        (float("nan"), "", "–"),
        (10**40, "whole", "10" + ",000" * 13),
        (11.100000000000001, "", "11.1"),
        (1e-7, "", "1e-07"),
        (datetime(2026, 11, 22, 20, 5, tzinfo=UTC), "iso_day", "2026-11-23"),  # by the clock of the zone
        (datetime(2026, 11, 22, 20, 5, tzinfo=UTC), "time", "04:05"),
        (date(2026, 11, 23), "weekday", "Mon, Nov. 23, 2026"),
        ("2026-11-23", "month", "November 2026"),
        ("2026-99-23", "day", "2026-99-23"),
        ("12", "day", "12"),
        (timedelta(minutes=2), "whole", "2 min 0 s"),
        (b"\x00\xff", "", "(2 bytes)"),
        ("\x00a\ud800", "", "\\x00a\\ud800"),
    ],
)
def test_a_value_is_written_as_was_chosen(value: Any, form: str, text: str) -> None:
    assert shown(value, form, "Asia/Shanghai") == text


def test_numbers_and_days_are_written_in_the_language_of_the_report() -> None:
    with translation.override("zh-hans"):
        assert shown(1234567, "", "UTC") == "1,234,567"
        assert shown(date(2026, 11, 23), "day", "UTC") == "2026年11月23日"


@pytest.mark.parametrize(
    ("total", "text"),
    [
        ("sum", "12"),
        ("average", "average 4"),
        ("lowest", "lowest -2"),
        ("highest", "highest 10"),
        ("count", "3 entries"),
    ],
)
def test_a_total_is_over_all_rows(total: str, text: str) -> None:
    table = shaped(columns=["Region", {"name": "Sold", "total": total, "format": "whole"}])
    assert table.total(1) == text
    assert table.total(0) == ""


def test_durations_are_totalled_as_durations_and_what_is_no_number_is_left_out() -> None:
    rows = [[timedelta(minutes=1)], [timedelta(seconds=30)], [None]]
    assert shaped(Table(["t"], rows), columns=[{"name": "t", "total": "sum"}]).total(0) == "1 min 30 s"
    odd = Table(["n"], [[0.1], [0.2], [float("nan")], ["x"], [True], [None]])
    assert shaped(odd, columns=[{"name": "n", "total": "sum"}]).total(0) == "0.3"


@pytest.mark.parametrize(
    ("value", "operator", "limit", "fits"),
    [
        (-1, "<", "0", True),
        (0, "<", "0", False),
        (Decimal("100"), ">=", "1e2", True),
        (1000, ">", "999,5", False),  # 9995
        ("late", "=", "late", True),
        ("late", "!=", "on time", True),
        ("late", "<", "3", False),
        (None, "<", "3", False),
        (float("nan"), "<", "3", False),
    ],
)
def test_a_cell_is_coloured_by_its_rule(value: Any, operator: str, limit: str, fits: bool) -> None:
    assert Rule("red", operator, limit).fits(value, amount_of(value)) is fits


# --- What has changed ---


@pytest.mark.parametrize(
    ("now", "before", "text"),
    [
        (112, 100, "▲ 12 %"),
        (97, 100, "▼ 3 %"),
        (5, 5, "unchanged"),
        (0, 0, "unchanged"),
        (5, 0, "new"),
        (5, None, "new"),
        (None, 5, ""),
        (-50, -100, "▲ 50 %"),
        (1000.4, 1000, "▲ 0.0 %"),
        (0, 7, "▼ 100 %"),
    ],
)
def test_a_change_is_told_in_percent(now: Any, before: Any, text: str) -> None:
    assert change(*(None if value is None else amount_of(value) for value in (now, before))) == text


COMPARED = ["Region", {"name": "Sold", "is_compared": True, "total": "sum"}]


def test_rows_are_compared_by_their_names_and_totals_as_a_whole() -> None:
    before = Table(["Sold", "Region"], [[2, "East"], [8, "North"]])  # the columns may stand elsewhere
    table = shaped(before=before, columns=COMPARED)
    assert [table.changes(row, 1) for row in table.rows] == ["▲ 25 %", "new", "▲ 100 %"]
    assert [table.changes(row, 0) for row in table.rows] == ["", "", ""]
    assert table.total_change(1) == "▲ 20 %"


def test_rows_without_a_name_of_their_own_are_not_compared() -> None:
    before = Table(["Region", "Sold"], [["East", 2], ["East", 8]])
    table = shaped(before=before, columns=COMPARED)
    assert {table.changes(row, 1) for row in table.rows} == {""}
    orders = shaped(before=Table(["Region", "Sold"], [["x", 1]]), columns=COMPARED)
    assert {orders.changes(row, 1) for row in orders.rows} == {""}  # none of them was there: not each is “new”
    assert orders.total_change(1) == "▲ 1,100 %"


def test_a_period_without_data_before_is_told_as_such() -> None:
    assert shaped(before=Table(["Region", "Sold"], []), columns=COMPARED).total_change(1) == "no data before"
    assert shaped(before=Table([], []), columns=COMPARED).total_change(1) == "no data before"


# --- In the mail ---


def test_plain_text_has_marks_for_colours_and_a_line_for_totals() -> None:
    rules = [{"colour": "red", "operator": "<", "value": "0"}]
    table = shaped(columns=[{"name": "Region"}, {"name": "Sold", "total": "sum", "rules": rules}])
    view = table_view(ReportSection(), "Sales", table, "", None)
    assert view.plain.splitlines() == [
        "Region  Sold",
        "------  ----",
        "North     10",
        "South   -2 !",
        "East       4",
        "------  ----",
        "Total     12",
    ]
    assert view.plain_notes == ["! = Sold < 0"]


def test_a_limit_leaves_the_rest_to_the_file() -> None:
    table = shaped(Table(["n"], [[n] for n in range(1003)]))
    view = table_view(ReportSection(row_limit=3), "N", table, "n.csv", None)
    assert (len(view.rows), view.notes) == (3, ["And 1,000 more rows in the file n.csv."])
    assert table_view(ReportSection(row_limit=3), "N", table, "", None).notes == ["And 1,000 more rows."]
    assert len(table_view(ReportSection(), "N", table, "", None).rows) == 200
    wide = shaped(Table([str(n) for n in range(50)], [list(range(50))] * 200))
    assert len(table_view(ReportSection(row_limit=500), "N", wide, "", None).rows) == 60
    long = shaped(Table(["t"], [["x" * 100_000]]))
    assert len(table_view(ReportSection(), "N", long, "", None).rows[0][0].text) == 300


@pytest.mark.parametrize(
    "stored",
    [
        {},
        "x",
        [1],
        [{}],
        [{"name": "a", "format": "odd"}],
        [{"name": "a", "rules": [{"colour": "red"}]}],
        [{"name": "a"}, {"name": "a"}],
    ],
)
def test_what_no_form_has_written_is_refused(stored: Any) -> None:
    with pytest.raises(ValidationError):
        validate_columns(stored)
