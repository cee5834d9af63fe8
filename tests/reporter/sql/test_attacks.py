"""What nobody can do with a query, whoever writes it: on real databases, whose user may do everything."""

from __future__ import annotations

from contextlib import suppress

import psycopg
import pymysql
import pytest

from backoffice.report_databases import ReportDatabase
from reporter.datasets.base import DatasetError
from reporter.datasets.sql.engines import sqlite
from tests.reporter.sql.conftest import Ask

# Each of these would change something, or talk the connection into letting the next one do so.
ATTACKS = {
    "any": [
        "DELETE FROM sales",
        "SELECT 1; DELETE FROM sales",
        "SELECT 1; COMMIT; DELETE FROM sales",
        "COMMIT; DELETE FROM sales",
        "SET TRANSACTION READ WRITE",
        "DROP TABLE sales",
        "CREATE TABLE mine AS SELECT * FROM sales",
        "WITH x AS (SELECT 1) DELETE FROM sales",
        "/* SELECT */ DELETE FROM sales",
        "",
        "-- nothing",
        "SELECT * FROM sales FOR UPDATE; SELECT 1",
    ],
    "postgresql": [
        "WITH gone AS (DELETE FROM sales RETURNING *) SELECT * FROM gone",
        "SELECT * INTO mine FROM sales",
        "DO $$ BEGIN SET TRANSACTION READ WRITE; DELETE FROM sales; END $$",
        "SELECT set_config('transaction_read_only', 'off', true), setval('counter', 7)",
        "SELECT nextval('counter')",
        "SELECT * FROM sales FOR UPDATE",
        "SELECT query_to_xml('DELETE FROM sales', true, true, '')",
        "SELECT query_to_xml('SET TRANSACTION READ WRITE', true, true, '')",
        "COPY sales TO PROGRAM 'true'",
        "SELECT empty_the_table()",
        "EXPLAIN ANALYZE DELETE FROM sales",
    ],
    "mysql": [
        "BEGIN NOT ATOMIC COMMIT; SET SESSION TRANSACTION READ WRITE; DELETE FROM sales; END",
        "/*! BEGIN NOT ATOMIC */ SELECT 1; COMMIT; DELETE FROM sales; END",
        "/*M!100100 DELETE FROM sales */",
        "SET STATEMENT max_statement_time=0 FOR SELECT 1",
        "SELECT '\\'; COMMIT; DELETE FROM sales; -- '; DELETE FROM sales",
        "LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE sales",
        "SELECT empty_the_table()",
        "CALL empty_it()",
    ],
    "sqlite": [
        "ATTACH 'other.sqlite3' AS other",
        "PRAGMA query_only = OFF",
        "SELECT * FROM pragma_query_only",
        "SELECT load_extension('x')",
        "INSERT INTO sales VALUES (3, 'x', 1, 'x') RETURNING *",
        "VACUUM INTO 'copy.sqlite3'",
        "WITH x AS (SELECT 1) UPDATE sales SET amount = 0",
    ],
}


def test_nothing_that_is_written_changes_anything(ask: Ask, database: ReportDatabase) -> None:
    _make_traps(database)
    for sql in (*ATTACKS["any"], *ATTACKS[database.kind]):
        with pytest.raises(DatasetError, match=r"^The query failed\.") as error:
            ask(sql)
        assert error.value.details, sql
    assert ask("SELECT count(*) FROM sales").rows == [[2]]


def test_the_database_itself_refuses_where_our_reading_of_sql_was_fooled(
    ask: Ask, database: ReportDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The boundary is not the text: everything is sent as it is, and the rows are still there."""
    _make_traps(database)
    monkeypatch.setattr("reporter.datasets.sql.running.refusal", lambda sql, dialect: "")
    # Of MariaDB's compound statements a transaction cannot protect: there it is the reading of the text.
    attacks = [sql for sql in (*ATTACKS["any"], *ATTACKS[database.kind]) if "NOT ATOMIC" not in sql]
    for sql in attacks:
        try:
            ask(sql)
        except DatasetError:
            continue
    assert ask("SELECT count(*) FROM sales").rows == [[2]]
    with pytest.raises(DatasetError):
        ask("SELECT * FROM mine")


def test_what_a_read_only_transaction_lets_pass_is_rolled_back(ask: Ask, database: ReportDatabase) -> None:
    if database.kind == "postgresql":
        with suppress(DatasetError):  # refused from PostgreSQL 16 on
            ask("SELECT lo_create(4711)")
        assert ask("SELECT count(*) FROM pg_largeobject_metadata").rows == [[0]]


def test_a_file_is_not_written_even_without_the_authorizer(
    ask: Ask, database: ReportDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database.kind != "sqlite":
        return
    monkeypatch.setattr("reporter.datasets.sql.running.refusal", lambda sql, dialect: "")
    monkeypatch.setattr(sqlite, "_authorize", lambda *arguments: 0)  # allowed
    for sql in ("DELETE FROM sales", "CREATE TABLE mine (a)", "INSERT INTO sales VALUES (3, 'x', 1, 'x') RETURNING id"):
        with pytest.raises(DatasetError):
            ask(sql)


def _make_traps(database: ReportDatabase) -> None:
    """Functions that write, made by somebody who may."""
    if database.kind == "postgresql":
        with psycopg.connect(host=database.host, user=database.user, dbname=database.database) as connection:
            connection.execute(
                "CREATE SEQUENCE IF NOT EXISTS counter;"
                "CREATE OR REPLACE FUNCTION empty_the_table() RETURNS int LANGUAGE plpgsql AS "
                "$$ BEGIN SET TRANSACTION READ WRITE; DELETE FROM sales; RETURN 1; END $$"
            )
    elif database.kind == "mysql":
        names = {"host": database.host, "user": database.user, "database": database.database}
        with pymysql.connect(**names) as link, link.cursor() as cursor:  # type: ignore[call-overload]
            cursor.execute(
                "CREATE OR REPLACE FUNCTION empty_the_table() RETURNS int BEGIN DELETE FROM sales; RETURN 1; END"
            )
            cursor.execute("CREATE OR REPLACE PROCEDURE empty_it() BEGIN DELETE FROM sales; COMMIT; END")
