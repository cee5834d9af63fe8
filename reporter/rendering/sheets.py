"""Tables as files: CSV that a spreadsheet opens by a double click and that cannot do anything there."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from backoffice.jobs.formulas import BYTE_ORDER_MARK, defused
from reporter.rendering.formats import amount_of
from reporter.rendering.shaping import Shaped

# Bits of a number that Python writes in digits.
LONGEST = 10_000


def csv_bytes(table: Shaped) -> bytes:
    """All rows, with the values of the dataset. Moments are by the clock of the table's zone, durations in seconds."""
    stream = io.BytesIO()
    text = io.TextIOWrapper(stream, encoding="utf-8", errors="replace", newline="")
    text.write(BYTE_ORDER_MARK)  # by it Excel knows that the file is UTF-8
    writer = csv.writer(text)
    writer.writerow([defused(column.heading) for column in table.columns])
    zone = ZoneInfo(table.zone)
    writer.writerows([_cell(value, zone) for value in row] for row in table.rows)
    text.flush()
    return stream.getvalue()


def _cell(value: Any, zone: ZoneInfo) -> Any:
    match value:
        case None:
            return ""
        case int() if value.bit_length() > LONGEST:
            return str(Decimal(value))
        case bool() | int():
            return value
        case float():
            return "" if amount_of(value) is None else value  # no number: a spreadsheet could not reckon with it
        case timedelta():
            return round(value.total_seconds(), 3)
        case datetime():
            local = value.astimezone(zone) if value.tzinfo else value
            return local.strftime("%Y-%m-%d %H:%M:%S")
        case bytes() | bytearray() | memoryview():
            return bytes(value).hex()
        case _other:
            return defused(str(value))
