"""SQLite: the file is opened to be read, and an authorizer allows nothing but reading."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from backoffice.report_databases import ReportDatabase
from reporter.datasets.sql.engines.base import LOCK_SECONDS, Reading, Why, rows_of

ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
REFUSED_FUNCTIONS = {"load_extension", "fts3_tokenizer"}

# Steps of its machine between two looks at the clock: some milliseconds.
STEPS = 20_000


@contextmanager
def reading(
    database: ReportDatabase, sql: str, values: Mapping[str, Any], seconds: float, cell_bytes: int
) -> Iterator[Reading]:
    uri = f"{Path(database.database).absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, timeout=LOCK_SECONDS, isolation_level=None)) as connection:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("SELECT count(*) FROM sqlite_master")  # a file that is none is said before the query
        connection.text_factory = lambda text: text.decode("utf-8", errors="replace")
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, cell_bytes)
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        connection.set_authorizer(_authorize)
        deadline = time.monotonic() + seconds
        connection.set_progress_handler(lambda: time.monotonic() > deadline, STEPS)
        cursor = connection.execute(sql, {name: _bound(value, database.zone) for name, value in values.items()})
        columns = [column[0] for column in cursor.description or ()]
        yield Reading(columns, [""] * len(columns), rows_of(cursor.fetchmany))


def _authorize(action: int, first: str | None, second: str | None, *_where: str | None) -> int:
    if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in REFUSED_FUNCTIONS:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK if action in ALLOWED else sqlite3.SQLITE_DENY


def _bound(value: Any, zone: str) -> Any:
    """As SQLite's own functions write it: it has no dates, but texts that sort like them."""
    match value:
        case datetime():
            return value.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")
        case date():
            return value.isoformat()
        case Decimal():
            return float(value)
        case _other:
            return value


def why(error: Exception) -> Why:
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith(("SQLITE_CANTOPEN", "SQLITE_NOTADB", "SQLITE_IOERR", "SQLITE_CORRUPT")):
        return Why.UNREACHABLE
    if name.startswith("SQLITE_INTERRUPT"):
        return Why.TOO_SLOW
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return Why.LOCKED
    return Why.WRITES if name.startswith(("SQLITE_AUTH", "SQLITE_READONLY")) else Why.WRONG
