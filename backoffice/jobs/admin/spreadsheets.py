"""Rows as a file for spreadsheets, of any number; none of its cells can be a formula."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Container, Iterator
from datetime import datetime
from typing import Any

import xlsxwriter
from django.http import FileResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import get_language, override
from import_export.formats.base_formats import CSV, XLSX

from backoffice.jobs.formulas import BYTE_ORDER_MARK, defused

# Rows of a sheet, without that of the names.
MAX_SHEET_ROWS = 1_048_575


def csv_file(lines: Iterator[list[Any]], stem: str) -> StreamingHttpResponse:
    """Lines as a file whose name begins with ``stem``."""
    return StreamingHttpResponse(
        _csv_lines(lines, get_language()),
        content_type=f"{CSV.CONTENT_TYPE}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{_file_name(stem, "csv")}"'},
    )


def _csv_lines(lines: Iterator[list[Any]], language: str | None) -> Iterator[bytes]:
    """Runs while the file is being sent, when the request's own language may be gone."""

    class Line:
        def write(self, text: str) -> bytes:
            return text.encode("utf-8", "replace")

    writer = csv.writer(Line())
    yield BYTE_ORDER_MARK.encode()
    while True:
        with override(language):
            row = next(lines, None)
        if row is None:
            return
        line: Any = writer.writerow([_csv_cell(cell) for cell in row])
        yield line


def _csv_cell(cell: Any) -> Any:
    """A moment with its zone's offset, so that it means the same wherever the file is opened."""
    if isinstance(cell, datetime):
        return cell.isoformat()
    return defused(cell) if isinstance(cell, str) else cell


def xlsx_file(lines: Iterator[list[Any]], stem: str, moments: Container[int]) -> FileResponse:
    """Typed cells: text stays text, so that no formula can come of it. Built on disk, then sent.

    ``moments``: which columns hold some. A sheet knows no zones, so they are by the clock that the pages show, and
    the names of the columns say which.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115  the answer closes it
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "default_date_format": "yyyy-mm-dd hh:mm:ss"})
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, 2, 30)
    zone = timezone.get_current_timezone_name()
    names = next(lines)
    _write_row(sheet, 0, [f"{name} ({zone})" if column in moments else name for column, name in enumerate(names)])
    for number, row in enumerate(lines, 1):
        _write_row(sheet, number, row)
    book.close()
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=_file_name(stem, "xlsx"), content_type=XLSX.CONTENT_TYPE)


def _write_row(sheet: Any, number: int, row: list[Any]) -> None:
    for column, cell in enumerate(row):
        if isinstance(cell, str):
            sheet.write_string(number, column, cell)
        elif isinstance(cell, datetime):
            sheet.write_datetime(number, column, timezone.make_naive(cell))
        elif cell is not None:
            sheet.write_number(number, column, cell)


def _file_name(stem: str, extension: str) -> str:
    return f"{stem}-{timezone.localtime():%Y-%m-%d-%H%M}.{extension}"
