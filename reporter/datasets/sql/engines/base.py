"""What every kind of database offers: to read the rows of one query, and no more.

An engine is a module with ``reading`` and ``why``; its line in ``engine_of`` makes it known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import Enum
from importlib import import_module
from typing import Any, Protocol, cast

from backoffice.report_databases import ReportDatabase

# Seconds that a connection, and a lock that somebody holds, are waited for.
CONNECT_SECONDS = 10
LOCK_SECONDS = 5

# Rows that are fetched at a time, fewer where they are long: about a megabyte, so that the limit on the size is
# met before the memory is full.
FIRST_BATCH, BATCH, BATCH_CHARACTERS = 10, 500, 1_000_000


class Why(Enum):
    """What became of a query that gave no rows, as far as it matters what happens next."""

    UNREACHABLE = "unreachable"
    TOO_SLOW = "too slow"
    LOCKED = "locked"
    WRITES = "writes"
    WRONG = "wrong"


@dataclass(frozen=True)
class Reading:
    """Columns, with their types in the words of the database, and the rows as they come."""

    columns: Sequence[str]
    types: Sequence[str]
    rows: Iterator[Sequence[Any]]


def rows_of(fetch: Callable[[int], Sequence[Sequence[Any]]]) -> Iterator[Sequence[Any]]:
    """All rows, by a cursor's ``fetchmany``."""
    count = FIRST_BATCH
    while rows := fetch(count):
        yield from rows
        longest = max(sum(len(cell) for cell in row if isinstance(cell, str | bytes)) for row in rows)
        count = max(1, min(BATCH, BATCH_CHARACTERS // (longest + 1)))


class Engine(Protocol):
    def reading(
        self, database: ReportDatabase, sql: str, values: Mapping[str, Any], seconds: float, cell_bytes: int
    ) -> AbstractContextManager[Reading]:
        """Open a connection that can only read, and run ``sql``; the connection is closed at the end, whatever is left.

        The database itself ends what takes longer than ``seconds``.
        """

    def why(self, error: Exception) -> Why:
        """Of any error at all that came out of ``reading``."""


def engine_of(kind: str) -> Engine:
    """Imported where it is used: a tick that reads no database imports no driver."""
    module = {"postgresql": "postgres", "mysql": "mysql", "sqlite": "sqlite"}[kind]
    return cast(Engine, import_module(f"reporter.datasets.sql.engines.{module}"))
