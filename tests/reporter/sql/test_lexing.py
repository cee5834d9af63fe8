"""Which of all colons are parameters: told by a table of nasty cases, by chance, and by the databases themselves."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporter.datasets.sql.lexing import formatted, numbered, parameters_in, pieces
from tests.reporter.sql.conftest import KINDS

# SQL, and the parameters that each dialect finds: PostgreSQL, MySQL, SQLite.
NASTY = [
    ("SELECT :a, :b, :a", ["a", "b"], ["a", "b"], ["a", "b"]),
    ("SELECT ':a', :b", ["b"], ["b"], ["b"]),
    ("SELECT 'it''s :a', :b", ["b"], ["b"], ["b"]),
    (r"SELECT '\', :a, ' :b'", ["a"], ["b"], ["a"]),
    (r"SELECT '\'', :a", [], ["a"], []),
    (r"SELECT E'\':a', :b", ["b"], ["b"], []),
    (r"SELECT nameE'\', :a, ''", ["a"], [], ["a"]),
    ('SELECT ":a" AS ":b", :c', ["c"], ["c"], ["c"]),
    ('SELECT "a"":b", :c', ["c"], ["c"], ["c"]),
    ("SELECT `:a`, :b", ["a", "b"], ["b"], ["b"]),
    ("SELECT [:a], :b", ["a", "b"], ["a", "b"], ["b"]),
    ("SELECT x::date, :a::text", ["a"], ["a"], ["a"]),
    ("SELECT x :: date, :a", ["a"], ["a"], ["a"]),
    ("SELECT a[1:n], a[lo:hi], a[f(x):n], :b", ["b"], ["b"], ["b"]),
    ("SELECT ARRAY[:a, :b]", ["a", "b"], ["a", "b"], []),
    ("SELECT 1 -- :a\n, :b", ["b"], ["b"], ["b"]),
    ("SELECT 1--:a\n, :b", ["b"], ["a", "b"], ["b"]),
    ("SELECT 1 # :a\n, :b", ["a", "b"], ["b"], ["a", "b"]),
    ("SELECT /* :a */ :b", ["b"], ["b"], ["b"]),
    ("SELECT /* /* :a */ :b */ :c", ["c"], ["b", "c"], ["b", "c"]),
    ("SELECT /* :a", [], [], []),
    ("SELECT $$ :a $$, :b", ["b"], ["a", "b"], ["a", "b"]),
    ("SELECT $x$ $$ :a $y$ $x$, :b", ["b"], ["a", "b"], ["a", "b"]),
    ("SELECT a$x$, :b, c$x$", ["b"], ["b"], ["b"]),
    ("SELECT 'not closed :a", [], [], []),
    ("SELECT :a:b", ["a"], ["a"], ["a"]),
    ("SELECT @x := :a", ["a"], ["a"], ["a"]),
    ("SELECT '12:30', TIME '08:00', :a", ["a"], ["a"], ["a"]),
    ("SELECT (:a)+:b,-:c||:d", ["a", "b", "c", "d"], ["a", "b", "c", "d"], ["a", "b", "c", "d"]),
    ("SELECT :1, : a, :é", [], [], []),
    ("SELECT JSON '{\"a\": 1}' -> :a", ["a"], ["a"], ["a"]),
]


@pytest.mark.parametrize("kind", KINDS)
def test_only_parameters_are_parameters(kind: str) -> None:
    place = KINDS.index(kind)
    found = {sql: parameters_in(sql, kind) for sql, *_expected in NASTY}
    assert found == {sql: expected[place] for sql, *expected in NASTY}


def test_what_is_handed_to_the_drivers() -> None:
    assert numbered("SELECT :b::int, ':a', :a, :b", "postgresql") == ("SELECT $1::int, ':a', $2, $1", ["b", "a"])
    assert formatted("SELECT :a, '%s %(a)s :a' LIKE '5%'", "mysql") == "SELECT %(a)s, '%%s %%(a)s :a' LIKE '5%%'"


CLOSED = {
    "postgresql": [r"E'\':a'", "'x'':a'", '":a"', "$t$:a;$t$", "/*:a/*;*/*/", "--:a;'\n", "x::a"],
    "mysql": [r"'\':a;'", r'"\":a"', "`:a;`", "/*:a;'*/", "-- :a'\n", '#:a;"\n'],
    "sqlite": ["'x'':a;'", '":a"', "[:a;]", "`:a`", "/*:a;*/", "--:a'\n"],
}


@settings(max_examples=60, deadline=None)
@given(data=st.data(), kind=st.sampled_from(KINDS))
def test_whatever_stands_beside_them_parameters_are_found_and_nothing_is_lost(data: st.DataObject, kind: str) -> None:
    parts = data.draw(st.lists(st.sampled_from([*CLOSED[kind], ":here", " ", "(", ",", "x"]), max_size=12))
    sql = " ".join(parts)
    found = list(pieces(sql, kind))
    assert "".join(piece.text for piece in found) == sql
    assert [piece.text for piece in found if piece.kind == "parameter"] == [part for part in parts if part == ":here"]
    assert not [piece for piece in found if piece.kind == "end"]


@settings(max_examples=60, deadline=None)
@given(sql=st.text(alphabet="'\"`$:;/*-#[]\\ a\n%é", max_size=30), kind=st.sampled_from(KINDS))
def test_any_text_at_all_is_taken_apart_and_put_together(sql: str, kind: str) -> None:
    assert "".join(piece.text for piece in pieces(sql, kind)) == sql
