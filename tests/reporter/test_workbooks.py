"""The Excel file: cells have their types, nothing in them is run, and nothing odd breaks it."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest

from reporter.datasets.base import Table
from reporter.models import ReportSection
from reporter.rendering.shaping import Shaped, shape
from reporter.rendering.sheets import csv_bytes
from reporter.rendering.workbooks import sheet_name, xlsx_bytes


def shaped(columns: list[str], rows: list[list[Any]], chosen: Any = ()) -> Shaped:
    return shape(ReportSection(columns=list(chosen)), Table(columns, rows), "Asia/Shanghai")


def parts(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return {name: book.read(name).decode() for name in book.namelist()}


def cells(content: bytes, sheet: int = 1) -> dict[str, tuple[str, str]]:
    """By their place: type (empty for a number) and content."""
    xml = parts(content)[f"xl/worksheets/sheet{sheet}.xml"]
    found = {}
    for place, attributes, inner in re.findall(r'<c r="([A-Z]+\d+)"([^>]*?)>(.*?)</c>', xml, re.DOTALL):
        kind = re.search(r't="(\w+)"', attributes)
        text = re.sub(r"<[^>]+>", "", inner)
        found[place] = (kind[1] if kind else "", unescape(text))
    return found


FORMULAS = ["=1+1", "+1", "-cmd|' /C calc'!A0", "@SUM(A1)", '=HYPERLINK("http://evil")', "http://evil.example", "<b>&"]


def test_text_stays_text_whatever_it_looks_like() -> None:
    content = xlsx_bytes([("Evil", shaped(["=cmd()"], [[text] for text in FORMULAS]))])
    found = cells(content)
    assert [found[f"A{n}"] for n in range(1, 9)] == [("inlineStr", text) for text in ["=cmd()", *FORMULAS]]
    everything = "".join(parts(content).values())
    assert "<f>" not in everything
    assert "<hyperlink" not in everything


def test_values_keep_their_types_and_what_excel_cannot_hold_becomes_text_or_nothing() -> None:
    row = [
        3, Decimal("1.50"), 0.1, True, 1234567890123456789, "0012", "12.5", datetime(2026, 11, 22, 20, 0, tzinfo=UTC),
        date(2026, 11, 23), time(12, 0), timedelta(hours=36), timedelta(seconds=-1), date(1850, 1, 1), float("nan"),
        float("inf"), None, b"\xff\x00", "\x00\x01\ud800", "x" * 40_000, Decimal("1e400"),
    ]  # fmt: skip
    names = [chr(ord("A") + n) for n in range(len(row))]
    chosen = [{"name": name, "format": "tenths" if name == "G" else ""} for name in names]
    content = xlsx_bytes([("Types", shaped(names, [row], chosen))])
    found = {place[0]: cell for place, cell in cells(content).items() if place.endswith("2")}
    assert found.items() >= {
        "A": ("", "3"), "B": ("", "1.5"), "C": ("", "0.1"), "D": ("b", "1"), "E": ("inlineStr", "1234567890123456789"),
        "F": ("inlineStr", "0012"), "G": ("", "12.5"), "I": ("", "46349"),
        "J": ("", "0.5"), "K": ("", "1.5"), "M": ("inlineStr", "1850-01-01"), "Q": ("inlineStr", "ff00"),
        "T": ("inlineStr", "1E+400"),
    }.items()  # fmt: skip
    assert found["H"][1].startswith("46349.1666")  # 04:00, by the clock of the report
    assert not {"N", "O", "P"} & found.keys()
    assert len(found["S"][1]) < 32_768


@pytest.mark.parametrize(
    ("title", "taken", "name"),
    [
        ("Sales", [], "Sales"),
        ("sales", ["Sales"], "sales (2)"),
        ("a/b\\c?d*e[f]g:h", [], "a b c d e f g h"),
        ("'quoted'", [], "quoted"),
        ("各地区销售额" * 6, [], ("各地区销售额" * 6)[:31]),
        ("x" * 40, ["x" * 31], "x" * 27 + " (2)"),
        ("???", [], "Table"),
        ("History", [], "History 1"),
    ],
)  # fmt: skip
def test_a_sheet_has_a_name_that_excel_takes(title: str, taken: list[str], name: str) -> None:
    assert sheet_name(title, taken) == name
    assert len(name) <= 31


def test_each_section_has_a_sheet() -> None:
    content = xlsx_bytes([("North", shaped(["n"], [[1]])), ("North", shaped(["n"], [[2]])), ("Empty", shaped([], []))])
    assert re.findall(r'<sheet name="([^"]+)"', parts(content)["xl/workbook.xml"]) == ["North", "North (2)", "Empty"]
    assert cells(content, 2)["A2"] == ("", "2")


def test_a_csv_file_holds_the_values_and_opens_in_excel() -> None:
    table = shaped(["名称", "n"], [["=1+1", float("nan")], ["北京", 0.1], [b"\xff", float("inf")]])
    assert csv_bytes(table) == "\ufeff名称,n\r\n'=1+1,\r\n北京,0.1\r\nff,\r\n".encode()
