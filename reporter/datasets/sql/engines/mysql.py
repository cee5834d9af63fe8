"""MySQL and MariaDB: one statement in a read-only transaction, whose rows are streamed.

What SELECT … INTO OUTFILE and functions may do is a matter of the role that the operator gives.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pymysql
from pymysql.constants import CR, ER, FIELD_TYPE
from pymysql.cursors import SSCursor

from backoffice.report_databases import ReportDatabase
from reporter.datasets.sql.engines.base import CONNECT_SECONDS, LOCK_SECONDS, Reading, Why, rows_of
from reporter.datasets.sql.lexing import formatted

# Seconds beyond the limit after which a server that does not answer is given up.
GRACE = 5

TYPES = {
    number: name.lower().replace("var_string", "varchar").replace("newdecimal", "decimal").replace("longlong", "bigint")
    for name, number in vars(FIELD_TYPE).items()
    if name.isupper()
}

TOO_SLOW = {ER.STATEMENT_TIMEOUT, ER.QUERY_TIMEOUT, 1317, 3024, 1969}
LOCKED = {ER.LOCK_WAIT_TIMEOUT, ER.LOCK_DEADLOCK}
WRITES = {1792, 1836, 1290}  # of a read-only transaction, and of a read-only server
UNREACHABLE = {CR.CR_CONNECTION_ERROR, CR.CR_CONN_HOST_ERROR, CR.CR_SERVER_LOST, CR.CR_SERVER_GONE_ERROR}
UNREACHABLE |= {0, 1040, 1053, 1203}  # closed; too many connections; shutting down


class Streamed(SSCursor):
    """Closed, it reads no more; the library's would read millions of rows that nobody wants, to their end."""

    _result: Any

    def close(self) -> None:
        if self._result is not None:
            self._result.unbuffered_active = False
            self._result = None
        self.connection = None

    __del__ = close


@contextmanager
def reading(
    database: ReportDatabase, sql: str, values: Mapping[str, Any], seconds: float, cell_bytes: int
) -> Iterator[Reading]:
    with closing(_connection(database, seconds)) as connection, connection.cursor(Streamed) as cursor:
        bound = {name: _bound(value, database.zone) for name, value in values.items()}
        cursor.execute(formatted(sql, "mysql"), bound)
        shape = cursor.description or ()
        columns = [column[0] for column in shape]
        yield Reading(columns, [TYPES.get(column[1], "") for column in shape], rows_of(cursor.fetchmany))


def _connection(database: ReportDatabase, seconds: float) -> Any:
    connection = pymysql.connect(
        host=database.host,
        port=database.port,
        user=database.user or None,
        password=database.password,
        database=database.database,
        charset="utf8mb4",
        connect_timeout=CONNECT_SECONDS,
        read_timeout=CONNECT_SECONDS,
        write_timeout=CONNECT_SECONDS,
        local_infile=False,
        autocommit=True,  # until the transaction begins
        **database.options,
    )
    try:
        with connection.cursor() as cursor:
            _prepare(cursor, database, seconds)
        connection._read_timeout = seconds + GRACE  # not before: a server that says nothing at all is given up sooner
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(cursor: Any, database: ReportDatabase, seconds: float) -> None:
    """Limits, the zone, and texts that end where our reader of SQL takes them to end; then the transaction."""
    cursor.execute("SELECT VERSION(), @@SESSION.sql_mode")
    version, modes = cursor.fetchone()
    kept = [mode for mode in modes.split(",") if mode not in ("ANSI", "ANSI_QUOTES", "NO_BACKSLASH_ESCAPES")]
    cursor.execute("SET SESSION sql_mode = %s", [",".join(kept)])
    cursor.execute("SET SESSION time_zone = %s", [session_zone(database.zone)])
    cursor.execute("SET SESSION lock_wait_timeout = %s, SESSION innodb_lock_wait_timeout = %s", [LOCK_SECONDS] * 2)
    if "mariadb" in version.lower():
        cursor.execute("SET SESSION max_statement_time = %s", [seconds])
    else:
        cursor.execute("SET SESSION max_execution_time = %s", [max(1, round(seconds * 1000))])
    cursor.execute("SET SESSION TRANSACTION READ ONLY")
    cursor.execute("START TRANSACTION READ ONLY")


def session_zone(zone: str) -> str:
    """``zone`` as the server knows it: as an offset where it has but one, since names want tables that few have."""
    year = datetime.now(UTC).year
    [offset, *others] = {datetime(year, month, 1, tzinfo=ZoneInfo(zone)).utcoffset() for month in range(1, 13)}
    if others or offset is None:
        return zone
    minutes = round(offset.total_seconds() / 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def _bound(value: Any, zone: str) -> Any:
    return value.astimezone(ZoneInfo(zone)).replace(tzinfo=None) if isinstance(value, datetime) else value


def why(error: Exception) -> Why:
    number = error.args[0] if isinstance(error, pymysql.MySQLError) and error.args else -1
    if number in TOO_SLOW or "timed out" in str(error):
        return Why.TOO_SLOW
    if number in LOCKED:
        return Why.LOCKED
    if number in WRITES:
        return Why.WRITES
    # RuntimeError: a way of logging in that needs TLS, or another package.
    is_away = isinstance(error, OSError | RuntimeError) or number in UNREACHABLE
    return Why.UNREACHABLE if is_away else Why.WRONG
