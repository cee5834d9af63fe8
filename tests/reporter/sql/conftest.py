"""Real databases to read: one of each kind, with a table, for a whole module."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pymysql
import pytest

from backoffice.report_databases import ReportDatabase, parse_database
from reporter.datasets.sql.running import Result, run
from tests import mariadb, services

KINDS = ("postgresql", "mysql", "sqlite")
TABLE = "CREATE TABLE sales (id INTEGER PRIMARY KEY, person VARCHAR(40), amount DECIMAL(10, 2), sold_at TIMESTAMP)"
ROWS = "INSERT INTO sales VALUES (1, 'Ada', 12.50, '2026-11-22 23:59:59'), (2, '李', 7.25, '2026-11-22 16:00:00')"

Ask = Callable[..., Result]


@pytest.fixture(scope="module", params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReportDatabase]:
    """A database of each kind in turn, whose user may do everything: nothing but ours keeps it from writing."""
    if request.param == "postgresql":
        if services.why_no_postgres():
            services.missing(services.why_no_postgres())
        with services.fresh_postgres_database() as url:
            with psycopg.connect(url) as connection:
                connection.execute(TABLE)
                connection.execute(ROWS)
            yield parse_database("SHOP", url, Path())
    elif request.param == "mysql":
        if mariadb.why_none():
            services.missing(mariadb.why_none())
        with mariadb.fresh_database() as url:
            yield _filled_mariadb(parse_database("SHOP", url, Path()))
    else:
        path = tmp_path_factory.mktemp("shop") / "shop %23?.sqlite3"
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(TABLE)
            connection.execute(ROWS)
        yield ReportDatabase("SHOP", "sqlite", database=str(path))


def _filled_mariadb(database: ReportDatabase) -> ReportDatabase:
    with (
        pymysql.connect(
            host=database.host, port=database.port, user=database.user, database=database.database, autocommit=True
        ) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SET time_zone = '+00:00'")
        cursor.execute(TABLE)
        cursor.execute(ROWS)
    return database


@pytest.fixture
def ask(database: ReportDatabase, settings: Any) -> Ask:
    """``ask(sql, name=value)``: its result on the database."""
    settings.REPORT_DATABASES = {"SHOP": database}
    settings.REPORT_SQL_SECONDS = 20

    def asked(sql: str, first: int | None = None, **values: Any) -> Result:
        return run("SHOP", sql, values, first=first)

    return asked
