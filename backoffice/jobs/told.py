"""Texts of ours in the database: the row holds what was said, and each reader reads it in their own language.

``gettext`` and ``ngettext`` of here are Django's with a memory: what they return is a text like any other, in the
language of the process, for logs and mails. A column that is a field of here stores the msgid and its values instead,
as JSON behind a mark, and reads them as words in the language of whoever looks. What others have said, people, jobs and
servers, is plain text and stays it; so is what becomes too long for its column, and what f-strings make of ours.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils import translation

if TYPE_CHECKING:
    Field = models.Field[Any, Any]
    CharField = models.CharField[str, str]
    TextField = models.TextField[str, str]
else:
    from django.db.models import CharField, Field, TextField

# Begins what is stored so. No text of others can: it is taken off them.
MARK = "\x1e"


class Told(str):
    """A text in the language that was active when it was made, which knows what it says.

    ``said`` is [msgid, values], [singular, plural, number, values] or [separator, parts].
    """

    said: list[Any]

    def __str__(self) -> str:
        return self

    def __mod__(self, values: Any) -> Told:
        """With its placeholders filled in. Where one is empty, no blank is left at the end."""
        *texts, _none = self.said
        used = {name: _kept(value) for name, value in values.items() if f"%({name})" in texts[0] + str(texts[1:])}
        return _told([*texts, used])


def gettext(msgid: str) -> Told:
    return _told([msgid, {}])


def ngettext(singular: str, plural: str, number: int) -> Told:
    return _told([singular, plural, number, {}])


def joined(separator: str, parts: Iterable[Any]) -> str:
    """What is not empty of ``parts``, each of which may be a text of ours or of others."""
    said = [_kept(part) for part in parts if part]
    if len(said) < 2:  # the shorter it is, the more has room in a column
        return unpack(said[0]) if said else ""
    return _told([separator, said])


def anew(text: str) -> str:
    """The same in the language that is active now."""
    return _told(text.said) if isinstance(text, Told) else text


def pack(text: str) -> Any:
    """For JSON on its way to another process; ``unpack`` is the way back."""
    return text.said if isinstance(text, Told) else text


def unpack(packed: Any) -> str:
    return packed if isinstance(packed, str) else _told(packed)


def _kept(value: Any) -> Any:
    """As JSON has it. An error whose text is one of ours says that."""
    return value if isinstance(value, int | float) else pack(str(value))


def _told(said: list[Any]) -> Told:
    told = Told(_words(said))
    told.said = said
    return told


def _words(said: Any) -> Any:
    match said:
        case [str(separator), list(parts)]:
            return separator.join(str(_words(part)) for part in parts)
        case [str(msgid), dict(values)]:
            return _filled(translation.gettext(msgid), values)
        case [str(singular), str(plural), int(number), dict(values)]:
            return _filled(translation.ngettext(singular, plural, number), values)
    return said


def _filled(text: str, values: Mapping[str, Any]) -> str:
    return (text % {name: _words(value) for name, value in values.items()}).strip() if values else text


# --- Columns --------------------------------------------------------------------------------------------


def _stored(text: str, limit: int | None) -> str:
    if not isinstance(text, Told):
        return text.lstrip(MARK)
    row = MARK + json.dumps(text.said, ensure_ascii=False, separators=(",", ":"))
    return row if limit is None or len(row) <= limit else text[:limit]


def read(row: str) -> str:
    return _read_in(translation.get_language(), row) if row.startswith(MARK) else row


@lru_cache(maxsize=2_000)  # lists say the same again and again; to put it into words takes some 50 µs
def _read_in(_language: str | None, row: str) -> str:
    try:
        return _told(json.loads(row[1:]))
    except (ValueError, TypeError, LookupError):  # cut by somebody: no page fails of it
        return row[1:]


class ToldField(Field):
    """To the database, and to migrations, it is a column like any other."""

    def get_prep_value(self, value: Any) -> Any:
        text = super().get_prep_value(value)
        return _stored(text, self.max_length) if isinstance(text, str) else text

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return read(value) if isinstance(value, str) else value

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, f"django.db.models.{type(self).__name__.removeprefix('Told')}", args, kwargs


class ToldCharField(ToldField, CharField):
    pass


class ToldTextField(ToldField, TextField):
    pass
