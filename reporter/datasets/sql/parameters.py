"""What a query may be asked with: the period of the edition, and parameters of its own.

Own ones are declared a line each, ``minimum integer = 10``; without a default each section has to give a value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from reporter.periods import Period

# From the period of the edition: two moments, the end not included, and two dates, both included.
OF_THE_PERIOD = ("period_start", "period_end", "first_day", "last_day", "zone")

KINDS = ("text", "integer", "number", "date", "boolean")

# So that every database takes it.
LARGEST_INTEGER = 2**63 - 1

YES, NO = {"true", "yes", "1", "是"}, {"false", "no", "0", "否"}


@dataclass(frozen=True)
class Parameter:
    name: str
    kind: str
    default: str | None = None

    def read(self, text: str) -> Any:
        """The value that somebody typed. Raises ValidationError."""
        try:
            return _read(self.kind, text)
        except (ValueError, InvalidOperation):
            raise ValidationError(
                _("“%(value)s” is no value for %(name)s: %(kind)s is wanted."),
                params={"value": text[:60], "name": self.name, "kind": _wanted(self.kind)},
            ) from None

    @property
    def line(self) -> str:
        return f"{self.name} {self.kind}" + ("" if self.default is None else f" = {self.default}")


def _read(kind: str, text: str) -> Any:
    match kind:
        case "integer":
            number = int(text)
            if abs(number) > LARGEST_INTEGER:
                raise ValueError
            return number
        case "number":
            amount = Decimal(text)
            if not amount.is_finite():
                raise ValueError
            return amount
        case "date":
            return date.fromisoformat(text)
        case "boolean":
            if text.lower() not in YES | NO:
                raise ValueError
            return text.lower() in YES
        case _text:
            return text


def _wanted(kind: str) -> str:
    return {
        "integer": _("a whole number"),
        "number": _("a number such as 12.5"),
        "date": _("a date such as 2026-11-23"),
        "boolean": _("yes or no"),
    }.get(kind, _("text"))


def declared(stored: Sequence[Mapping[str, Any]]) -> list[Parameter]:
    """As a query's row keeps them."""
    return [Parameter(entry["name"], entry["kind"], entry.get("default")) for entry in stored]


def stored(parameters: Sequence[Parameter]) -> list[dict[str, Any]]:
    return [asdict(parameter) for parameter in parameters]


def parse_declarations(text: str) -> list[Parameter]:
    """A parameter a line. Raises ValidationError, which names each line that is wrong."""
    found: dict[str, Parameter] = {}
    problems = []
    for number, line in _lines(text):
        match = re.fullmatch(r"([A-Za-z_]\w*)\s+(\w+)\s*(?:=\s*(.*))?", line, re.ASCII | re.DOTALL)
        try:
            if not match or match[2] not in KINDS:
                raise ValidationError(
                    _("Write a name, a type (%(kinds)s) and perhaps a default: minimum integer = 10"),
                    params={"kinds": ", ".join(KINDS)},
                )
            if match[1] in found or match[1] in OF_THE_PERIOD:
                raise ValidationError(_("There is a parameter %(name)s already."), params={"name": match[1]})
            parameter = Parameter(match[1], match[2], match[3])
            if parameter.default is not None:
                parameter.read(parameter.default)
            found[parameter.name] = parameter
        except ValidationError as error:
            problems.append(_in_line(number, error))
    if problems:
        raise ValidationError(problems)
    return list(found.values())


def parse_values(parameters: Sequence[Parameter], text: str) -> dict[str, str]:
    """A value a line, ``name = value``. Raises ValidationError: lines that are wrong, and what has no value."""
    known = {parameter.name: parameter for parameter in parameters}
    given: dict[str, str] = {}
    problems = []
    for number, line in _lines(text):
        name, equals, value = (part.strip() for part in line.partition("="))
        try:
            if not equals:
                raise ValidationError(_("Write a name and a value: minimum = 10"))
            if name not in known:
                raise ValidationError(_unknown(name, list(known)))
            known[name].read(value)
            given[name] = value
        except ValidationError as error:
            problems.append(_in_line(number, error))
    problems += _missing(parameters, given) if not problems else []
    if problems:
        raise ValidationError(problems)
    return given


def _lines(text: str) -> list[tuple[int, str]]:
    return [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]


def _in_line(number: int, error: ValidationError) -> ValidationError:
    text = _("Line %(line)d: %(problem)s") % {"line": number, "problem": " ".join(error.messages)}
    return ValidationError("%(text)s", params={"text": text})


def _unknown(name: str, known: Sequence[str]) -> str:
    if not known:
        return _("The dataset has no parameters.")
    return _("The dataset has no parameter “%(name)s”; it has %(known)s.") % {
        "name": name[:60],
        "known": ", ".join(known),
    }


def _missing(parameters: Sequence[Parameter], given: Mapping[str, Any]) -> list[ValidationError]:
    return [
        ValidationError(
            _("The dataset wants a value for %(name)s: write %(name)s = … (%(kind)s)."),
            params={"name": parameter.name, "kind": _wanted(parameter.kind)},
        )
        for parameter in parameters
        if parameter.default is None and parameter.name not in given
    ]


def values(parameters: Sequence[Parameter], given: Mapping[str, object], period: Period) -> dict[str, Any]:
    """All that a query is asked with. Raises ValidationError when the query has changed since the values were given."""
    if problems := _missing(parameters, given):
        raise ValidationError(problems)
    own = {p.name: p.read(str(given.get(p.name, p.default))) for p in parameters}
    return own | {
        "period_start": period.start,
        "period_end": period.end,
        "first_day": period.first_day,
        "last_day": period.last_day,
        "zone": period.zone,
    }
