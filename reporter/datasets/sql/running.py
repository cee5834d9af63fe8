"""One query against one database, within its limits: what it says, or why it does not, in words for staff."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from decimal import Decimal
from typing import Any

from django.conf import settings

from backoffice.jobs.told import gettext as _
from backoffice.jobs.told import ngettext
from backoffice.report_databases import ReportDatabase
from reporter.datasets.base import DatasetError
from reporter.datasets.sql.checking import refusal
from reporter.datasets.sql.engines.base import Reading, Why, engine_of

logger = logging.getLogger(__name__)

MEGABYTE = 1_000_000

# Columns beyond which nothing can be shown.
MAX_COLUMNS = 500


@dataclass(frozen=True)
class Result:
    columns: list[str]
    types: list[str]
    rows: list[list[Any]]
    seconds: float
    is_cut: bool = False  # there are more rows than were asked for


def connected() -> dict[str, ReportDatabase]:
    """The databases that can be asked, by name."""
    return {name: database for name, database in settings.REPORT_DATABASES.items() if database.is_there}


def run(
    database_name: str, sql: str, values: Mapping[str, Any], *, first: int | None = None, seconds: float | None = None
) -> Result:
    """All rows, or with ``first`` that many at most, in as many ``seconds`` at most as the settings allow, or fewer.

    Raises DatasetError, and nothing else; its details are for those who may write SQL.
    """
    database = connected().get(database_name)
    if database is None:
        raise DatasetError(
            _("The database “%(name)s” is not connected any more. Tell whoever runs the back office.")
            % {"name": database_name}
        )
    if problem := refusal(sql, database.kind):
        raise DatasetError(_failed(), problem)
    seconds = min(seconds or settings.REPORT_SQL_SECONDS, settings.REPORT_SQL_SECONDS)
    engine, began = engine_of(database.kind), time.monotonic()
    try:
        with engine.reading(database, sql, values, seconds, _most_bytes()) as reading:
            return _read(reading, first, began, seconds)
    except DatasetError:
        raise
    except Exception as error:  # of a driver: they raise more than their own
        logger.warning("A query on %s failed", database_name, exc_info=True)
        raise _said(engine.why(error), database, error, seconds) from error


def _read(reading: Reading, first: int | None, began: float, seconds: float) -> Result:
    if len(reading.columns) > MAX_COLUMNS:
        raise _too_much(_("more than %(count)d columns") % {"count": MAX_COLUMNS})
    rows: list[list[Any]] = []
    size, is_cut, deadline = 0, False, began + seconds
    for row in reading.rows:
        if first is not None and len(rows) >= first:
            is_cut = True
            break
        if len(rows) >= settings.REPORT_SQL_MAX_ROWS:
            raise _too_much(_("more than %(count)d rows") % {"count": settings.REPORT_SQL_MAX_ROWS})
        cells = [cell(value) for value in row]
        size += sum(len(value) if isinstance(value, str) else 8 for value in cells)
        if size > _most_bytes():
            raise _too_much(_("more than %(count)d MB") % {"count": settings.REPORT_SQL_MAX_MEGABYTES})
        if time.monotonic() > deadline:
            raise _too_slow(seconds)
        rows.append(cells)
    types = [kind or _type_of(row[place] for row in rows) for place, kind in enumerate(reading.types)]
    return Result(_named(reading.columns), types, rows, time.monotonic() - began, is_cut)


def _most_bytes() -> int:
    return int(settings.REPORT_SQL_MAX_MEGABYTES) * MEGABYTE


def cell(value: Any) -> Any:
    """What databases give, as the cell of a table: what it does not know becomes text."""
    match value:
        case None | bool() | int() | date() | datetime() | time_of_day() | timedelta():
            return value
        case float() | Decimal():
            return value if Decimal(value).is_finite() else str(Decimal(value))
        case str():
            return value.replace("\x00", "\N{REPLACEMENT CHARACTER}")
        case bytes() | bytearray() | memoryview():
            return f"0x{bytes(value).hex()}"
        case dict() | list():
            return json.dumps(value, ensure_ascii=False, default=str)
        case _other:
            return str(value)


def _named(columns: Sequence[str]) -> list[str]:
    """A heading of its own for each column: two of one name could not be told apart by a report."""
    names: list[str] = []
    for column in columns:
        name, number = column, 2
        while name in names:
            name, number = f"{column} ({number})", number + 1
        names.append(name)
    return names


def _type_of(values: Iterable[Any]) -> str:
    """Of a column of SQLite, whose columns have none: that of its first value."""
    known = next((value for value in values if value is not None), None)
    names = {int: "integer", float: "real", str: "text"}
    return "" if known is None else names.get(type(known), type(known).__name__)


# --- What went wrong --------------------------------------------------------------------------------------


def _failed() -> str:
    return _("The query failed. Ask somebody who may write SQL to open it and try it: its page says why.")


def _too_slow(seconds: float) -> DatasetError:
    count = round(seconds)
    text = ngettext(
        "The query took longer than %(count)d second and was ended. Ask who wrote it to narrow it down.",
        "The query took longer than %(count)d seconds and was ended. Ask who wrote it to narrow it down.",
        count,
    )
    return DatasetError(text % {"count": count}, is_permanent=False)


def _too_much(what: str) -> DatasetError:
    text = _("The query gives %(what)s, which is too much for a report. Ask who wrote it to narrow it down.")
    return DatasetError(text % {"what": what})


def _said(why: Why, database: ReportDatabase, error: Exception, seconds: float) -> DatasetError:
    details = " ".join(str(part) for part in error.args).strip() or type(error).__name__
    name = {"name": database.name}
    match why:
        case Why.UNREACHABLE:
            text = _("The database “%(name)s” cannot be read now. If it stays so, tell whoever runs the back office.")
            return DatasetError(text % name, details, is_permanent=False)
        case Why.LOCKED:
            text = _("The database “%(name)s” was busy with something else.")
            return DatasetError(text % name, details, is_permanent=False)
        case Why.TOO_SLOW:
            return _too_slow(seconds)
        case Why.WRITES:
            return DatasetError(_failed(), _("It does more than read: %(details)s") % {"details": details})
        case _wrong:
            return DatasetError(_failed(), details)
