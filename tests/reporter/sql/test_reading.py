"""What queries are answered, on real databases, and how they are kept within limits."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from backoffice.report_databases import ReportDatabase
from reporter.datasets.base import DatasetError
from reporter.datasets.sql.engines import mysql, postgres
from reporter.datasets.sql.running import run
from tests.reporter.sql.conftest import Ask
from tests.services import free_port

DAY = {"period_start": datetime(2026, 11, 22, tzinfo=UTC), "period_end": datetime(2026, 11, 23, tzinfo=UTC)}

MANY = {
    "postgresql": "SELECT g, repeat('x', 100) FROM generate_series(1, 10000000) g",
    "mysql": "SELECT seq, repeat('x', 100) FROM seq_1_to_10000000",
    "sqlite": "WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < 10000000) "
    "SELECT n, printf('%.*c', 100, 'x') FROM g",
}
ENDLESS = {
    "postgresql": "SELECT pg_sleep(60)",
    "mysql": "SELECT sleep(60), benchmark(10000000000, md5('x'))",
    "sqlite": "WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g) SELECT count(*) FROM g",
}


@contextmanager
def within(seconds: float):  # type: ignore[no-untyped-def]
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


def test_a_query_is_asked_with_the_period_and_answered_with_types(ask: Ask, database: ReportDatabase) -> None:
    sql = (
        "SELECT person, amount, :first_day AS day, '100%s :person' AS text, 7 % 4 AS rest FROM sales -- :no\n"
        "WHERE sold_at >= :period_start AND sold_at < :period_end AND person <> :person ORDER BY id;"
    )
    result = ask(sql, **DAY, first_day=date(2026, 11, 22), person="O'Neill\\'; --", unused=1)
    assert result.columns == ["person", "amount", "day", "text", "rest"]
    assert [row[0] for row in result.rows] == ["Ada", "李"]
    assert [float(row[1]) for row in result.rows] == [12.5, 7.25]
    assert [row[3:] for row in result.rows] == [["100%s :person", 3]] * 2
    assert str(result.rows[0][2]) == "2026-11-22"
    if database.kind != "sqlite":
        assert isinstance(result.rows[0][1], Decimal)
        assert all(result.types)


def test_ten_million_rows_fail_in_words_and_do_not_fill_the_memory(
    ask: Ask, database: ReportDatabase, settings: Any
) -> None:
    settings.REPORT_SQL_MAX_ROWS = 20_000
    with within(30), pytest.raises(DatasetError, match="gives more than 20000 rows") as error:
        ask(MANY[database.kind])
    assert error.value.is_permanent
    with within(30):
        result = ask(MANY[database.kind], first=50)
    assert (len(result.rows), result.is_cut) == (50, True)


def test_what_is_too_large_or_too_wide_fails_in_words(ask: Ask, settings: Any, database: ReportDatabase) -> None:
    settings.REPORT_SQL_MAX_MEGABYTES = 1
    with pytest.raises(DatasetError, match="gives more than 1 MB"):
        ask(MANY[database.kind])
    with pytest.raises(DatasetError, match="gives more than 500 columns"):
        ask(f"SELECT {', '.join(map(str, range(501)))}")


def test_a_query_that_takes_too_long_is_ended_and_may_be_tried_again(
    ask: Ask, settings: Any, database: ReportDatabase
) -> None:
    settings.REPORT_SQL_SECONDS = 1
    with within(20), pytest.raises(DatasetError, match=r"took longer than 1 second and was ended\.") as error:
        ask(ENDLESS[database.kind])
    assert not error.value.is_permanent


def test_a_mistake_is_told_to_who_writes_and_kept_from_the_others(ask: Ask) -> None:
    with pytest.raises(DatasetError) as error:
        ask("SELECT no_such_column FROM sales")
    assert "no_such_column" not in str(error.value)
    assert "no_such_column" in error.value.details


def test_the_zone_of_the_report_makes_its_days(ask: Ask, database: ReportDatabase) -> None:
    """A sale at four in the afternoon, UTC, is one of the next day in Shanghai."""
    queries = {
        "postgresql": "SELECT ((sold_at AT TIME ZONE 'UTC') AT TIME ZONE :zone)::date, :zone FROM sales WHERE id = 2",
        "mysql": "SELECT DATE(CONVERT_TZ(sold_at, '+00:00', '+08:00')), :zone FROM sales WHERE id = 2",
        "sqlite": "SELECT date(sold_at, '+8 hours'), :zone FROM sales WHERE id = 2",
    }
    [[day, zone]] = ask(queries[database.kind], zone="Asia/Shanghai").rows
    assert (str(day), zone) == ("2026-11-23", "Asia/Shanghai")


def test_moments_are_meant_in_the_zone_of_the_database(
    ask: Ask, database: ReportDatabase, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Midnight of the period, as a database that keeps the time of Shanghai writes it."""
    there = replace(database, zone="Asia/Shanghai")
    settings.REPORT_DATABASES = {"SHOP": there}
    sql = {
        "postgresql": "SELECT CAST(:period_start AS timestamp), current_setting('TimeZone')",
        "mysql": "SELECT CAST(:period_start AS DATETIME), @@time_zone",
        "sqlite": "SELECT :period_start, 1",
    }
    [[moment, zone]] = run("SHOP", sql[database.kind], DAY).rows
    assert str(moment) == "2026-11-22 08:00:00"
    assert zone in ("Asia/Shanghai", "+08:00", 1)
    assert [mysql.session_zone(name) for name in ("UTC", "Asia/Kolkata", "America/Bogota", "Europe/Berlin")] == [
        *("+00:00", "+05:30", "-05:00", "Europe/Berlin")
    ]


def test_columns_of_one_name_get_one_each(ask: Ask) -> None:
    assert ask("SELECT 1 AS a, 2 AS a, 3 AS a").columns == ["a", "a (2)", "a (3)"]


def test_no_rows_are_an_answer(ask: Ask) -> None:
    result = ask("SELECT person, amount FROM sales WHERE 1 = 0")
    assert (result.columns, result.rows) == (["person", "amount"], [])


ODD_CELLS = {
    "postgresql": (
        (
            "SELECT NULL, true, 1.10::numeric, date '2026-02-28', timestamptz '2026-11-22 08:00+08', "
            "interval '90 minutes', '\\xdead'::bytea, '{\"a\": [\"李\"]}'::jsonb, 'NaN'::numeric, "
            "'infinity'::date, ARRAY[1, 2], '{8b5c1c5e-0000-4000-8000-000000000000}'::uuid, "
            "'0044-03-15 BC'::date, 'x'::\"char\""
        ),
        [
            *[None, True, Decimal("1.10"), date(2026, 2, 28), datetime(2026, 11, 22, tzinfo=UTC)],
            *[timedelta(minutes=90), "0xdead", '{"a": ["李"]}', "NaN", "infinity", "[1, 2]"],
            *["8b5c1c5e-0000-4000-8000-000000000000", "0044-03-15 BC", "x"],
        ],
    ),
    "mysql": (
        (
            "SELECT NULL, 1.10, DATE '2026-02-28', CAST('2026-11-22 08:00' AS DATETIME), CAST('01:30' AS TIME),"
            " x'dead', JSON_ARRAY('李'), CAST('0000-00-00' AS DATE), b'1', 1e300"
        ),
        [
            *[None, Decimal("1.10"), date(2026, 2, 28), datetime(2026, 11, 22, 8), timedelta(minutes=90)],
            *["0xdead", '["李"]', "0000-00-00", "0x01", 1e300],
        ],
    ),
    "sqlite": (
        "SELECT NULL, 1.5, CAST(x'ff41' AS TEXT), x'dead', 9e999, 9223372036854775807, char(0)",
        [None, 1.5, "\N{REPLACEMENT CHARACTER}A", "0xdead", "Infinity", 2**63 - 1, "\N{REPLACEMENT CHARACTER}"],
    ),
}


def test_cells_are_what_a_table_knows_or_text(ask: Ask, database: ReportDatabase) -> None:
    sql, expected = ODD_CELLS[database.kind]
    [row] = ask(sql).rows
    assert [str(cell) for cell in row] == [str(cell) for cell in expected]
    assert [type(cell) for cell in row] == [type(cell) for cell in expected]


def test_many_can_read_at_once(ask: Ask) -> None:
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda: answers.append(ask("SELECT count(*) FROM sales").rows[0][0])) for _n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [2] * 8


@pytest.mark.parametrize("kind", ["postgresql", "mysql", "sqlite"])
def test_a_database_that_is_away_is_said_without_its_secrets(kind: str, settings: Any) -> None:
    gone = ReportDatabase("SHOP", kind, "127.0.0.1", free_port(), "me", "s3cret", "no_such_file.sqlite3")
    settings.REPORT_DATABASES = {"SHOP": gone}
    with pytest.raises(DatasetError, match="The database “SHOP” cannot be read now") as error:
        run("SHOP", "SELECT 1", {})
    assert not error.value.is_permanent
    assert "s3cret" not in f"{error.value} {error.value.details} {gone!r}"
    settings.REPORT_DATABASES = {}
    with pytest.raises(DatasetError, match="is not connected any more"):
        run("SHOP", "SELECT 1", {})


def test_a_server_that_falls_silent_is_given_up(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes the connection and says nothing more."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for kind, module in (("postgresql", postgres), ("mysql", mysql)):
            monkeypatch.setattr(module, "CONNECT_SECONDS", 2)
            database = ReportDatabase("SHOP", kind, "127.0.0.1", silent.getsockname()[1], "me", "", "shop")
            settings.REPORT_DATABASES = {"SHOP": database}
            with within(20), pytest.raises(DatasetError, match=r"cannot be read now|took longer"):
                run("SHOP", "SELECT 1", {})


def test_a_query_that_the_server_does_not_end_is_cut_off(
    ask: Ask, database: ReportDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with one that sets the limit of its session to none."""
    if database.kind == "postgresql":
        monkeypatch.setattr(postgres, "GRACE", -19.5)  # half a second, of 20
        with within(20), pytest.raises(DatasetError, match=r"cannot be read now|took longer"):
            ask("SELECT set_config('statement_timeout', '0', true), pg_sleep(30)")
    elif database.kind == "mysql":
        monkeypatch.setattr(mysql, "GRACE", -19.5)
        with within(20), pytest.raises(DatasetError, match=r"took longer"):
            ask("SELECT sleep(30)")
