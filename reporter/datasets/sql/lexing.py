"""SQL in its pieces, as far as it takes to tell a parameter from what only looks like one.

``:name`` is a parameter; in a text, a comment, a quoted name, a cast (``::date``) or a slice (``a[1:n]``) it is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

# Ordered: the first that fits wins. What is not closed goes on to the end, as the databases see it, too.
PIECES: Mapping[str, Sequence[tuple[str, str]]] = {
    "postgresql": [
        ("comment", r"--[^\r\n]*"),
        ("quoted", r"[eE]'(?:[^'\\]|''|\\.)*(?:'|\Z)"),
        ("quoted", r"'(?:[^']|'')*(?:'|\Z)"),
        ("quoted", r'"(?:[^"]|"")*(?:"|\Z)'),
        ("quoted", r"(?P<tag>\$(?:[^\W\d]\w*)?\$).*?(?:(?P=tag)|\Z)"),
        ("numbered", r"\$\d+"),
        ("word", r"[^\W\d][\w$]*"),
    ],
    "mysql": [
        ("comment", r"--(?=[\s\x00-\x1f]|\Z)[^\n]*"),
        ("comment", r"\#[^\n]*"),
        ("code", r"/\*M?!.*?(?:\*/|\Z)"),  # a comment that the server runs
        ("comment", r"/\*.*?(?:\*/|\Z)"),
        ("quoted", r"'(?:[^'\\]|''|\\.)*(?:'|\\?\Z)"),
        ("quoted", r'"(?:[^"\\]|""|\\.)*(?:"|\\?\Z)'),
        ("quoted", r"`(?:[^`]|``)*(?:`|\Z)"),
        ("word", r"[^\W\d][\w$]*"),
    ],
    "sqlite": [
        ("comment", r"--[^\n]*"),
        ("comment", r"/\*.*?(?:\*/|\Z)"),
        ("quoted", r"'(?:[^']|'')*(?:'|\Z)"),
        ("quoted", r'"(?:[^"]|"")*(?:"|\Z)'),
        ("quoted", r"`(?:[^`]|``)*(?:`|\Z)"),
        ("quoted", r"\[[^\]]*(?:\]|\Z)"),
        ("numbered", r"\?\d*|[@$]\w+"),
        ("word", r"[^\W\d][\w$]*"),
    ],
}
COMMON = [
    ("word", r"\d[\w.]*"),
    ("other", r"::|:="),
    ("parameter", r"(?<![\w)\]'\"]):[A-Za-z_]\w*"),
    ("end", r";"),
    ("space", r"\s+"),
    ("other", r"."),
]


@dataclass(frozen=True)
class Piece:
    kind: str
    text: str


@cache
def _pattern(dialect: str) -> re.Pattern[str]:
    kinds = [*PIECES[dialect], *COMMON]
    return re.compile("|".join(f"(?P<k{number}>{text})" for number, (_kind, text) in enumerate(kinds)), re.DOTALL)


def pieces(sql: str, dialect: str) -> Iterator[Piece]:
    """``sql`` from its beginning to its end; joined, the texts are ``sql`` again."""
    kinds = [kind for kind, _text in (*PIECES[dialect], *COMMON)]
    pattern, at = _pattern(dialect), 0
    while at < len(sql):
        if dialect == "postgresql" and sql.startswith("/*", at):
            piece = Piece("comment", sql[at : _end_of_nested(sql, at)])
        else:
            found = pattern.match(sql, at)
            assert found is not None  # the last one fits everything
            number = next(number for number in range(len(kinds)) if found[f"k{number}"] is not None)
            piece = Piece(kinds[number], found[0])
        at += len(piece.text)
        yield piece


def _end_of_nested(sql: str, at: int) -> int:
    """Where a comment ends that may hold others, as PostgreSQL has them."""
    depth = 0
    for mark in re.finditer(r"/\*|\*/", sql[at:]):
        depth += 1 if mark[0] == "/*" else -1
        if depth == 0:
            return at + mark.end()
    return len(sql)


def parameters_in(sql: str, dialect: str) -> list[str]:
    """The names of its parameters, each once, in their order."""
    return list(dict.fromkeys(piece.text[1:] for piece in pieces(sql, dialect) if piece.kind == "parameter"))


def numbered(sql: str, dialect: str) -> tuple[str, list[str]]:
    """``$1`` in place of ``:name``, the same number wherever it stands; and the names in the order of numbers."""
    names = parameters_in(sql, dialect)
    parts = (
        f"${names.index(piece.text[1:]) + 1}" if piece.kind == "parameter" else piece.text
        for piece in pieces(sql, dialect)
    )
    return "".join(parts), names


def formatted(sql: str, dialect: str) -> str:
    """``%(name)s`` in place of ``:name``; every other per cent sign stands for itself."""
    return "".join(
        f"%({piece.text[1:]})s" if piece.kind == "parameter" else piece.text.replace("%", "%%")
        for piece in pieces(sql, dialect)
    )
