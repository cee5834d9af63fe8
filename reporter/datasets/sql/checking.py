"""What can be said of SQL before any database has seen it: whether it is one query, and where it cannot be read.

``refusal`` is asked before every execution. It and the single statement that a connection takes keep out what a
read-only transaction alone does not: statements that end it. ``complaint`` only helps who writes.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from reporter.datasets.sql.lexing import Piece, pieces

QUERIES = {"SELECT", "WITH", "VALUES", "TABLE"}
NAMES = {"postgresql": "postgres", "mysql": "mysql", "sqlite": "sqlite"}  # as sqlglot calls them


def refusal(sql: str, dialect: str) -> str:
    """Why this is not one query; empty if it is."""
    if "\x00" in sql:
        return _("It holds a character that is none (NUL). Type it again by hand.")
    all_pieces = list(pieces(sql, dialect))
    if any(piece.kind == "code" for piece in all_pieces):
        return _("A comment of the kind /*! … */ is run by the database. Take it out.")
    if any(piece.kind == "numbered" for piece in all_pieces):
        return _("Write parameters with a name, like :first_day.")
    significant = [piece for piece in all_pieces if piece.kind not in ("space", "comment")]
    while significant and significant[-1].kind == "end":
        significant.pop()
    if not significant:
        return _("There is no query in it.")
    if any(piece.kind == "end" for piece in significant):
        return _("It has several statements. One query may stand here; a semicolon only at its end.")
    if not _begins_as_query(significant):
        return _("It begins with “%(word)s”. Only queries may stand here: they begin with SELECT or WITH.") % {
            "word": significant[0].text[:40]
        }
    return ""


def _begins_as_query(significant: list[Piece]) -> bool:
    first = next((piece for piece in significant if piece.text != "("), None)
    return first is not None and first.kind == "word" and first.text.upper() in QUERIES


def complaint(sql: str, dialect: str) -> str:
    """What is wrong with a query that ``refusal`` lets pass, as far as it can be told; empty if nothing is.

    The database may see more than this, and now and then less: it is no boundary.
    """
    from sqlglot import errors, exp, parse

    try:
        trees = [tree for tree in parse(sql, dialect=NAMES[dialect]) if tree is not None]
    except errors.ParseError as error:
        return _parse_error(error)
    except (errors.TokenError, RecursionError):
        return _("It cannot be read: a quotation mark, a bracket or a comment is not closed.")
    writing = (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Into, exp.Create, exp.Drop, exp.Command)
    for tree in trees:
        if isinstance(tree, exp.Semicolon):  # with a comment behind it
            continue
        if not isinstance(tree, exp.Query | exp.Values) or tree.find(*writing):
            return _("It changes something. Only queries may stand here, which read.")
    return ""


def _parse_error(error: Exception) -> str:
    [first, *_others] = getattr(error, "errors", None) or [{}]
    if not first.get("line"):
        return _("It cannot be read: is something missing at its end?")
    return _("Line %(line)d, near “%(near)s”: this cannot be read.") % {
        "line": first["line"],
        "near": (str(first.get("highlight") or "") or str(first.get("start_context") or "")[-20:]).strip()[:60],
    }
