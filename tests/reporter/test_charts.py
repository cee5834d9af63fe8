"""Charts: what they show, what stands beside them as text, and that Chinese needs no font."""

from __future__ import annotations

import io
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from reporter.datasets.base import Table
from reporter.models import ReportSection
from reporter.rendering import drawing
from reporter.rendering.charts import NothingToDraw, chart_of
from reporter.rendering.sections import View, chart_view
from reporter.rendering.shaping import shape


def view_of(kind: str, rows: list[list[Any]], columns: Any = ("Region", "Sold"), **values: Any) -> View:
    section = ReportSection(kind=kind, **values)
    return chart_view(section, "By region", shape(section, Table(columns, rows), "UTC"), "r.csv")


def size_in_dots(view: View) -> tuple[int, int]:
    from matplotlib.image import imread

    assert view.picture
    height, width = imread(io.BytesIO(view.picture.content)).shape[:2]
    return width, height


def test_a_picture_has_twice_the_dots_of_its_place_and_says_its_numbers() -> None:
    view = view_of("bar", [["North", 1200], ["South", 7]])
    assert view.picture
    assert size_in_dots(view) == (2 * view.picture.width, 2 * view.picture.height)
    assert view.picture.width == 640
    assert view.picture.alternative == "By region. Sold by Region. North: 1,200; South: 7"
    assert view.plain.splitlines()[2:] == ["North   1,200", "South       7"]
    assert len(view.picture.content) < 60_000


def test_chinese_labels_stand_as_text_beside_numbers_in_the_picture() -> None:
    view = view_of("bar", [["华东", 3], ["华南", 4]], ["地区", "销售额", "库存"][:2])
    (legend,) = view.legends
    assert legend.headings == ["地区", "销售额"]
    assert legend.rows == [("", "1", ["华东", "3"]), ("", "2", ["华南", "4"])]
    assert view_of("line", [["华东", 3], ["华南", 4]]).notes == ["1 华东 · 2 华南"]
    assert not drawing.is_drawable("华东")
    assert drawing.is_drawable("São Paulo, Привет, 100 %")
    assert view_of("bar", [["North", 3], ["South", 4]]).legends == []  # the picture itself says all


@pytest.mark.parametrize("kind", ["line", "bar"])
def test_days_stand_in_figures_that_every_language_reads(kind: str) -> None:
    days = [date(2026, 10, 20) + timedelta(days=n) for n in range(60)]
    shaped = shape(ReportSection(), Table(["Day", "Sold"], [[day, n] for n, day in enumerate(days)]), "UTC")
    chart = chart_of(kind, shaped, None)
    assert drawing._marks(chart)[0] == "10-20"
    assert (len(chart.labels), chart.left_out) == (60, 0)
    assert view_of(kind, [[day.isoformat(), 1] for day in days]).picture  # days as text


@pytest.mark.parametrize(("kind", "label"), [("bar", "North"), ("bar", "2026-11-23"), ("line", "North")])
def test_where_all_is_nought_the_axis_goes_from_nought_to_one(kind: str, label: str, monkeypatch: Any) -> None:
    drawn: list[Any] = []
    axes_of = drawing._axes
    monkeypatch.setattr(drawing, "_axes", lambda *args, **kw: drawn.append(axes_of(*args, **kw)) or drawn[0])
    assert view_of(kind, [[label, 0], [label, 0]]).picture
    (axes,) = drawn
    assert (axes.get_xlim() if (kind, label) == ("bar", "North") else axes.get_ylim()) == (0, 1)


def test_lines_say_where_they_ended_and_between_what_they_lay() -> None:
    view = view_of("line", [["a", 3, 1], ["b", None, 5], ["c", 9, 2]], ["x", "Sold", "Open"])
    (legend,) = view.legends
    assert [cells for _colour, _mark, cells in legend.rows] == [["Sold", "9", "3", "9"], ["Open", "2", "1", "5"]]
    assert len({colour for colour, _mark, _cells in legend.rows}) == 2


def test_shares_are_the_largest_and_the_others_together() -> None:
    rows = [[f"R{n}", n] for n in range(-1, 12)]
    (legend,) = view_of("share", rows).legends
    assert len(legend.rows) == 8
    assert legend.rows[0][2] == ["R11", "11", "17 %"]
    assert legend.rows[-1][2] == ["4 others", "10", "15 %"]
    assert "Rows without a number above zero are left out: 2." in view_of("share", rows).notes


def test_what_a_picture_has_no_room_for_is_told() -> None:
    view = view_of("line", [[n, n] for n in range(403)])
    assert view.notes == ["And 3 more rows in the file r.csv."]
    columns = ["x", *(f"c{n}" for n in range(9))]
    shaped = shape(ReportSection(), Table(columns, [["a", *range(9)]] * 30), "UTC")
    assert "c6, c7, c8" in chart_of("line", shaped, None).notes[0]
    assert chart_of("bar", shaped, None).left_out == 10


@pytest.mark.parametrize(
    ("kind", "rows"), [("bar", [["North", "many"]]), ("line", [[1]]), ("share", [["North", -1], ["South", 0]])]
)
def test_a_chart_without_numbers_says_what_to_do(kind: str, rows: list[list[Any]]) -> None:
    view = view_of(kind, rows, ["Region", "Sold"][: len(rows[0])])
    assert view.problem.startswith("There is nothing to draw")
    assert view.troubles == [view.problem]
    with pytest.raises(NothingToDraw):
        chart_of(kind, shape(ReportSection(), Table(["a"], [["x"]]), "UTC"), None)


def test_odd_values_are_drawn_all_the_same() -> None:
    odd = [1e308, -1e308, float("nan"), float("inf"), None, Decimal("1e400"), 0, 10**30]
    rows = [[f"$x^{{{n}}}$ <b>\n" * 9, value] for n, value in enumerate(odd)]
    assert view_of("bar", rows).picture
    assert view_of("line", [[None, 1], [True, 2], ["", 3]]).picture


def test_a_chart_that_cannot_be_drawn_is_told_and_its_numbers_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "draw", lambda chart: 1 / 0)
    view = view_of("bar", [["North", 3]])
    assert view.notices == ["This chart cannot be drawn: division by zero"]
    assert "North" in view.plain
