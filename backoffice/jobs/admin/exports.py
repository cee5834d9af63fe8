"""The log as a file: the rows that the list shows, in their order, row by row, whatever their number."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import xlsxwriter
from django.db.models import QuerySet
from django.db.models.functions import Left
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy, override
from django.utils.translation import gettext as _
from django_cron.models import CronJobLog
from import_export.fields import Field
from import_export.formats.base_formats import CSV, XLSX
from import_export.resources import ModelResource

from backoffice.jobs.admin import display
from backoffice.jobs.formulas import BYTE_ORDER_MARK, defused

# Characters of a message in a file: a cell of a sheet holds 32,767 UTF-16 units, and a character takes one or two.
MESSAGE_LIMIT = 16_000

# Rows of a sheet, without that of the names.
MAX_SHEET_ROWS = 1_048_575


class LogResource(ModelResource):
    """The columns. Moments carry their zone's offset, so they mean the same wherever the file is opened."""

    code = Field(column_name=gettext_lazy("job"))
    start_time = Field(column_name=gettext_lazy("started"))
    end_time = Field(column_name=gettext_lazy("ended"))
    seconds = Field(column_name=gettext_lazy("seconds"))
    result = Field(column_name=gettext_lazy("result"))
    cause = Field(column_name=gettext_lazy("started by"))
    reason = Field(column_name=gettext_lazy("reason"))
    host = Field(column_name=gettext_lazy("host"))
    run = Field(column_name=gettext_lazy("run"))
    message = Field(column_name=gettext_lazy("message"))

    class Meta:
        model = CronJobLog
        fields = ("code", "start_time", "end_time", "seconds", "result", "cause", "reason", "host", "run", "message")
        export_order = fields
        chunk_size = 500

    def dehydrate_code(self, log: CronJobLog) -> str:
        return str(log.code)

    def dehydrate_start_time(self, log: CronJobLog) -> str:
        return _moment(log.start_time)

    def dehydrate_end_time(self, log: CronJobLog) -> str:
        return _moment(log.end_time)

    def dehydrate_seconds(self, log: CronJobLog) -> float:
        seconds: float = (log.end_time - log.start_time).total_seconds()
        return round(seconds, 3)

    def dehydrate_result(self, log: CronJobLog) -> str:
        return display.log_result(log)[1]

    def dehydrate_cause(self, log: CronJobLog) -> str:
        run = getattr(log, "run", None)
        return display.cause(run) if run else ""

    def dehydrate_reason(self, log: CronJobLog) -> str:
        run = getattr(log, "run", None)
        return run.reason if run else ""

    def dehydrate_host(self, log: CronJobLog) -> str:
        run = getattr(log, "run", None)
        return run.host if run else ""

    def dehydrate_run(self, log: CronJobLog) -> int | None:
        run = getattr(log, "run", None)
        return run.pk if run else None

    def dehydrate_message(self, log: CronJobLog) -> str:
        text: str = log.exported_message
        if len(text) <= MESSAGE_LIMIT:
            return text
        note = _("[… cut after %(count)d characters; the page of the log has the rest …]") % {"count": MESSAGE_LIMIT}
        return f"{text[:MESSAGE_LIMIT]}\n{note}"


def rows(logs: QuerySet[CronJobLog]) -> Iterator[list[Any]]:
    """The names of the columns, then a row for each log, read in portions by one query."""
    resource = LogResource()
    # One character more than is shown tells whether there are more; the rest is never read.
    logs = logs.annotate(exported_message=Left("message", MESSAGE_LIMIT + 1))
    yield [capfirst(name) for name in resource.get_export_headers()]
    for log in resource.iter_queryset(logs):
        yield resource.export_resource(log)


def as_csv(logs: QuerySet[CronJobLog]) -> HttpResponse | StreamingHttpResponse:
    return csv_file(rows(logs), "log")


def csv_file(lines: Iterator[list[Any]], stem: str) -> HttpResponse | StreamingHttpResponse:
    """Lines as a file whose name begins with ``stem``; none of its cells can be a formula."""
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
        line: Any = writer.writerow([defused(cell) if isinstance(cell, str) else cell for cell in row])
        yield line


def as_xlsx(logs: QuerySet[CronJobLog]) -> FileResponse:
    return xlsx_file(rows(logs), "log")


def xlsx_file(lines: Iterator[list[Any]], stem: str) -> FileResponse:
    """Typed cells: text stays text, so that no formula can come of it. Built on disk, then sent."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  the answer closes it
    book = xlsxwriter.Workbook(file, {"constant_memory": True})
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, 2, 30)
    for number, row in enumerate(lines):
        _write_row(sheet, number, row)
    book.close()
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=_file_name(stem, "xlsx"), content_type=XLSX.CONTENT_TYPE)


def _write_row(sheet: Any, number: int, row: list[Any]) -> None:
    for column, cell in enumerate(row):
        if isinstance(cell, str):
            sheet.write_string(number, column, cell)
        elif cell is not None:
            sheet.write_number(number, column, cell)


def _moment(at: datetime) -> str:
    return timezone.localtime(at).isoformat(timespec="microseconds")


def _file_name(stem: str, extension: str) -> str:
    return f"{stem}-{timezone.localtime():%Y-%m-%d-%H%M}.{extension}"
