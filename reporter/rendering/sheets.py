"""Tables as files: CSV that a spreadsheet opens by a double click and that cannot do anything there."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from backoffice.jobs.formulas import BYTE_ORDER_MARK, defused
from reporter.datasets.base import Table


def csv_bytes(table: Table, zone: str) -> bytes:
    """All rows of the table. Moments are by the clock of ``zone``, durations in seconds."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([defused(str(column)) for column in table.columns])
    writer.writerows([_cell(value, zone) for value in row] for row in table.rows)
    return (BYTE_ORDER_MARK + text.getvalue()).encode("utf-8", errors="replace")


def _cell(value: Any, zone: str) -> Any:
    match value:
        case None:
            return ""
        case bool() | int() | float():
            return value
        case timedelta():
            return round(value.total_seconds(), 3)
        case datetime():
            local = value.astimezone(ZoneInfo(zone)) if value.tzinfo else value
            return local.strftime("%Y-%m-%d %H:%M:%S")
        case _other:
            return defused(str(value))
