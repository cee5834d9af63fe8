"""What is said of SQL before a database sees it."""

from __future__ import annotations

import pytest

from reporter.datasets.sql.checking import complaint, refusal
from tests.reporter.sql.conftest import KINDS

GOOD = [
    "SELECT 1",
    "select 1;",
    "SELECT 1 ; -- the end;",
    "-- first\n/* ; */ WITH x AS (SELECT ';') SELECT * FROM x",
    "((SELECT 1) UNION (SELECT 2)) ORDER BY 1",
    "SELECT count(*) FROM t WHERE d >= :first_day AND d <= :last_day AND p = :own",
]
REFUSED = {
    "": "There is no query in it",
    " ;; -- nothing": "There is no query in it",
    "SELECT 1; SELECT 2": "several statements",
    "DELETE FROM t": "It begins with “DELETE”",
    "EXPLAIN ANALYZE DELETE FROM t": "It begins with “EXPLAIN”",
    "/* SELECT */ COMMIT": "It begins with “COMMIT”",
    "'SELECT' 1": "It begins with",
    "(": "Only queries may stand here",
    "SELECT 1\x00": "NUL",
}
OF_ONE_KIND = [
    ("mysql", "/*! COMMIT */", "/*! … */"),
    ("mysql", "/*!BEGIN NOT ATOMIC*/ SELECT 1", "/*! … */"),
    ("mysql", r"SELECT '\'; COMMIT; -- '", ""),
    ("postgresql", r"SELECT '\'; COMMIT; -- '", "several statements"),
    ("postgresql", "SELECT $1", "with a name"),
    ("sqlite", "SELECT ?", "with a name"),
    ("sqlite", "SELECT @a", "with a name"),
    ("mysql", "SELECT @a", ""),
]


@pytest.mark.parametrize("kind", KINDS)
def test_one_query_may_pass_and_nothing_else(kind: str) -> None:
    assert {sql: refusal(sql, kind) for sql in GOOD} == dict.fromkeys(GOOD, "")
    for sql, words in REFUSED.items():
        assert words in refusal(sql, kind), sql


@pytest.mark.parametrize(("kind", "sql", "words"), OF_ONE_KIND)
def test_what_only_one_kind_of_database_does(kind: str, sql: str, words: str) -> None:
    problem = refusal(sql, kind)
    assert words in problem if words else problem == ""


def test_who_writes_is_told_the_line_and_the_place() -> None:
    for kind in KINDS:
        assert {sql: complaint(sql, kind) for sql in GOOD} == dict.fromkeys(GOOD, "")
        assert complaint("SELECT a\nFROM t\nORDER BY FROM", kind).startswith("Line 3, near “FROM”")
        assert "cannot be read" in complaint("SELECT (1", kind)
        assert "not closed" in complaint("SELECT 'x", kind)
        assert "It changes something" in complaint("WITH x AS (SELECT 1) DELETE FROM t", kind)
    assert "It changes something" in complaint("SELECT * INTO mine FROM t", "postgresql")
    assert "It changes something" in complaint("WITH g AS (DELETE FROM t RETURNING *) SELECT * FROM g", "postgresql")
