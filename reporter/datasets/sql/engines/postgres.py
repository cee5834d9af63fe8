"""PostgreSQL: one statement, declared as a cursor of a read-only transaction, which is rolled back.

What may be declared as a cursor is a query; a snapshot is taken before it, after which no transaction can be
made one that writes. What functions may do is a matter of the role that the operator gives.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import psycopg
from psycopg import IsolationLevel, errors
from psycopg.raw_cursor import RawServerCursor
from psycopg.types.datetime import DateLoader, IntervalLoader, TimestampLoader, TimestamptzLoader
from psycopg.types.string import TextLoader

from backoffice.report_databases import ReportDatabase
from reporter.datasets.sql.engines.base import CONNECT_SECONDS, LOCK_SECONDS, Reading, Why, rows_of
from reporter.datasets.sql.lexing import numbered

# Seconds beyond the limit after which a server that has not ended the query itself is cut off.
GRACE = 5
CANCEL_SECONDS = 5

# Without a role of its own an idle network is noticed, too: seconds.
KEEPALIVE: dict[str, Any] = {"keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3}

PREPARATION = """
SELECT set_config('statement_timeout', %(time)s, true), set_config('lock_timeout', %(lock)s, true),
       set_config('idle_in_transaction_session_timeout', %(idle)s, true), set_config('TimeZone', %(zone)s, true),
       set_config('standard_conforming_strings', 'on', true), set_config('cursor_tuple_fraction', '1', true)
"""


@contextmanager
def reading(
    database: ReportDatabase, sql: str, values: Mapping[str, Any], seconds: float, cell_bytes: int
) -> Iterator[Reading]:
    with contextlib.closing(_connection(database)) as connection, _cut_off_after(connection, seconds + GRACE):
        milliseconds = str(max(1, round(seconds * 1000)))
        # This is the transaction's first snapshot, too.
        connection.execute(
            PREPARATION,
            {"time": milliseconds, "lock": f"{LOCK_SECONDS}s", "idle": "300s", "zone": database.zone},
        )
        statement, names = numbered(sql, "postgresql")
        with RawServerCursor(connection, "report") as cursor:
            cursor.execute(statement, [values[name] for name in names])
            shape = cursor.description or []
            types = [column.type_display for column in shape]
            yield Reading([column.name for column in shape], types, rows_of(cursor.fetchmany))


def _connection(database: ReportDatabase) -> psycopg.Connection[Any]:
    connection = psycopg.connect(
        host=database.host,
        port=database.port,
        user=database.user or None,
        password=database.password or None,
        dbname=database.database,
        connect_timeout=CONNECT_SECONDS,
        client_encoding="utf-8",
        application_name="backoffice reports",
        **cast(Any, KEEPALIVE | dict(database.options)),
    )
    connection.read_only = True
    connection.isolation_level = IsolationLevel.REPEATABLE_READ
    for oid in ("text", "varchar", "bpchar", "name", "json", "jsonb"):
        connection.adapters.register_loader(oid, _Text)
    for oid, loader in (("date", _Date), ("timestamp", _Timestamp), ("timestamptz", _Timestamptz)):
        connection.adapters.register_loader(oid, loader)
    connection.adapters.register_loader("interval", _Interval)
    return connection


@contextmanager
def _cut_off_after(connection: psycopg.Connection[Any], seconds: float) -> Iterator[None]:
    """Break a connection whose server does not answer, or was talked out of its own limit by the query."""

    def cut_off() -> None:
        with contextlib.suppress(Exception):
            connection.cancel_safe(timeout=CANCEL_SECONDS)
        with contextlib.suppress(Exception), _socket_of(connection) as line:
            line.shutdown(socket.SHUT_RDWR)

    # As a thread: the driver waits without a limit of its own.
    timer = threading.Timer(seconds, cut_off)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _socket_of(connection: psycopg.Connection[Any]) -> socket.socket:
    return socket.fromfd(connection.fileno(), socket.AF_INET, socket.SOCK_STREAM)


# --- Cells ------------------------------------------------------------------------------------------------


class _Text(TextLoader):
    """Of a database that knows no encoding, what cannot be read is shown as such."""

    def load(self, data: Any) -> str:
        return bytes(data).decode("utf-8", errors="replace")


def _lenient(loader: type[Any]) -> type[Any]:
    """infinity, and years that Python does not have, as the database writes them."""

    class Lenient(loader):
        def load(self, data: Any) -> Any:
            try:
                return super().load(data)
            except psycopg.DataError:
                return bytes(data).decode()

    return Lenient


_Date, _Timestamp, _Timestamptz, _Interval = map(
    _lenient, (DateLoader, TimestampLoader, TimestamptzLoader, IntervalLoader)
)


def why(error: Exception) -> Why:
    match error:
        case errors.QueryCanceled():
            return Why.TOO_SLOW
        case errors.LockNotAvailable() | errors.DeadlockDetected() | errors.SerializationFailure():
            return Why.LOCKED
        case errors.ReadOnlySqlTransaction():
            return Why.WRITES
        case OSError() | errors.AdminShutdown() | errors.CannotConnectNow() | errors.TooManyConnections():
            return Why.UNREACHABLE
        case psycopg.OperationalError() if not error.sqlstate:
            return Why.UNREACHABLE
        case _other:
            return Why.WRONG
