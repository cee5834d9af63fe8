"""Tables as an Excel file: a sheet for each, cells with their types, and nothing in them that could be run."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from backoffice.jobs.storable import storable
from reporter.columns import CellFormat
from reporter.rendering.formats import amount_of
from reporter.rendering.shaping import Shaped

# What Excel itself can hold.
MAX_ROWS = 1_048_576 - 1  # below the headings
MAX_COLUMNS = 16_384
MAX_TEXT = 32_767
MAX_DIGITS = 15  # of a number; longer ones, such as account numbers, would lose their end
FIRST_DAY = date(1900, 3, 1)  # before it Excel's days are not those of the calendar
MAX_NAME = 31
FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]")

NUMBER_FORMATS = {
    CellFormat.PLAIN: "General",
    CellFormat.WHOLE: "#,##0",
    CellFormat.TENTHS: "#,##0.0",
    CellFormat.HUNDREDTHS: "#,##0.00",
    CellFormat.PERCENT: "0%",
    CellFormat.PERCENT_TENTHS: "0.0%",
}
DAY, MOMENT, TIME, DURATION = "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", "hh:mm:ss", "[h]:mm:ss"

# Rows by which the columns get their width, in characters.
SAMPLE = 100
NARROWEST, WIDEST = 8, 60


def xlsx_bytes(tables: Sequence[tuple[str, Shaped]]) -> bytes:
    """A workbook with a sheet for each title and table, all rows in it, row by row."""
    from xlsxwriter import Workbook  # where one is written, and nowhere else

    stream = io.BytesIO()
    with Workbook(stream, {"constant_memory": True}) as book:
        names: list[str] = []
        for title, table in tables:
            names.append(sheet_name(title, names))
            _Sheet(book, names[-1], table).write()
    return stream.getvalue()


def sheet_name(title: str, taken: Sequence[str]) -> str:
    """``title`` as Excel takes it: short, without some characters, and unlike the others, whatever their case."""
    base = FORBIDDEN.sub(" ", storable(title)).strip().strip("'").strip() or _("Table")
    if base.casefold() == "history":  # a name that Excel keeps for itself
        base = f"{base} 1"
    name, number = base[:MAX_NAME].rstrip(" '"), 1
    while name.casefold() in {other.casefold() for other in taken}:
        number += 1
        suffix = f" ({number})"
        name = base[: MAX_NAME - len(suffix)].rstrip() + suffix
    return name


class _Sheet:
    def __init__(self, book: Any, name: str, table: Shaped) -> None:
        self.book, self.table = book, table
        self.sheet = book.add_worksheet(name)
        self.zone = ZoneInfo(table.zone)
        self.formats: dict[str, Any] = {}
        self.columns = table.columns[:MAX_COLUMNS]

    def write(self) -> None:
        self._set_widths()
        bold = self.book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        for place, column in enumerate(self.columns):
            self.sheet.write_string(0, place, storable(column.heading, MAX_TEXT), bold)
        forms = [self._format(NUMBER_FORMATS.get(CellFormat(column.format), "")) for column in self.columns]
        is_number = [CellFormat(column.format) in NUMBER_FORMATS for column in self.columns]
        rows = self.table.rows if len(self.table.rows) <= MAX_ROWS else self.table.rows[: MAX_ROWS - 1]
        for number, row in enumerate(rows, start=1):
            for place in range(len(self.columns)):
                self._cell(number, place, row[place], forms[place], is_number[place])
        if left_out := len(self.table.rows) - len(rows):
            text = _("%(count)d more rows have no room in Excel; a CSV file has all.") % {"count": left_out}
            self.sheet.write_string(len(rows) + 1, 0, text)
        self.sheet.freeze_panes(1, 0)
        if self.columns:
            self.sheet.autofilter(0, 0, max(1, len(rows)), len(self.columns) - 1)

    def _set_widths(self) -> None:
        """Before the rows: in constant memory they are written as they come."""
        sample = [self.table.rows[number] for number in range(min(SAMPLE, len(self.table.rows)))]
        for place, column in enumerate(self.columns):
            texts = [column.heading, *(self.table.text(row, place) for row in sample)]
            longest = max(sum(1 if ord(c) < 0x2E80 else 2 for c in text) for text in texts)
            self.sheet.set_column(place, place, min(max(longest + 2, NARROWEST), WIDEST))

    def _format(self, code: str) -> Any:
        if code and code not in self.formats:
            self.formats[code] = self.book.add_format({"num_format": code})
        return self.formats.get(code)

    def _cell(self, row: int, place: int, value: Any, form: Any, is_number: bool) -> None:
        sheet = self.sheet
        match value:
            case None | "":
                return
            case bool():
                sheet.write_boolean(row, place, value)
            case int() | float() | Decimal():
                self._number(row, place, value, form)
            case str() if is_number and (amount := amount_of(value)) is not None:
                self._number(row, place, amount, form)
            case timedelta() if value >= timedelta():
                sheet.write_number(row, place, value / timedelta(days=1), self._format(DURATION))
            case datetime() | date() | time():
                self._moment(row, place, value)
            case bytes() | bytearray() | memoryview():
                sheet.write_string(row, place, bytes(value)[: MAX_TEXT // 2].hex())
            case _other:
                sheet.write_string(row, place, storable(value, MAX_TEXT))

    def _number(self, row: int, place: int, value: int | float | Decimal, form: Any) -> None:
        amount = amount_of(value)
        if amount is None:
            return  # NaN and infinity: a cell that says nothing
        digits = amount.as_tuple().digits
        is_long = not isinstance(value, float) and len(bytes(digits).rstrip(b"\0")) > MAX_DIGITS
        if is_long or abs(amount.adjusted()) > 300:
            self.sheet.write_string(row, place, str(amount)[:MAX_TEXT])
        else:
            self.sheet.write_number(row, place, float(amount), form)

    def _moment(self, row: int, place: int, value: datetime | date | time) -> None:
        if isinstance(value, datetime):
            value = value.astimezone(self.zone).replace(tzinfo=None) if value.tzinfo else value
            day = value.date()
        else:
            day = value if isinstance(value, date) else FIRST_DAY
        if day < FIRST_DAY:
            self.sheet.write_string(row, place, str(value))
            return
        if isinstance(value, time):
            self.sheet.write_datetime(row, place, value.replace(tzinfo=None), self._format(TIME))
        else:
            code = MOMENT if isinstance(value, datetime) else DAY
            self.sheet.write_datetime(row, place, value, self._format(code))
