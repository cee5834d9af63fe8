"""How the columns of a section are shown: which, in what order, under which headings, in which form.

A section stores a list of these, as staff chose them; an empty list means all columns, as the dataset has them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class CellFormat(models.TextChoices):
    """How a value is written; one that it does not fit is written as it is."""

    AS_IS = "", gettext_lazy("as it is")
    PLAIN = "plain", "1234"
    WHOLE = "whole", "1,234"
    TENTHS = "tenths", "1,234.5"
    HUNDREDTHS = "hundredths", "1,234.50"
    PERCENT = "percent", gettext_lazy("12 % (of 0.12)")
    PERCENT_TENTHS = "percent_tenths", gettext_lazy("12.3 % (of 0.123)")
    DAY = "day", gettext_lazy("date")
    ISO_DAY = "iso_day", "2026-01-31"
    WEEKDAY = "weekday", gettext_lazy("date with weekday")
    MONTH = "month", gettext_lazy("month")
    MOMENT = "moment", gettext_lazy("date and time")
    TIME = "time", gettext_lazy("time")


# Digits behind the point, by format.
DIGITS = {
    CellFormat.PLAIN: None,
    CellFormat.WHOLE: 0,
    CellFormat.TENTHS: 1,
    CellFormat.HUNDREDTHS: 2,
    CellFormat.PERCENT: 0,
    CellFormat.PERCENT_TENTHS: 1,
}
PERCENTAGES = (CellFormat.PERCENT, CellFormat.PERCENT_TENTHS)
DATES = (CellFormat.DAY, CellFormat.ISO_DAY, CellFormat.WEEKDAY, CellFormat.MONTH, CellFormat.MOMENT, CellFormat.TIME)


class Total(models.TextChoices):
    NONE = "", "–"
    SUM = "sum", gettext_lazy("sum")
    AVERAGE = "average", gettext_lazy("average")
    LOWEST = "lowest", gettext_lazy("lowest")
    HIGHEST = "highest", gettext_lazy("highest")
    COUNT = "count", gettext_lazy("count")


class Operator(models.TextChoices):
    NEVER = "", "–"
    BELOW = "<", "<"
    AT_MOST = "<=", "≤"
    ABOVE = ">", ">"
    AT_LEAST = ">=", "≥"
    EQUAL = "=", "="
    DIFFERENT = "!=", "≠"


class Colour(models.TextChoices):
    RED = "red", gettext_lazy("red")
    GREEN = "green", gettext_lazy("green")


@dataclass(frozen=True)
class Rule:
    """A cell is coloured if its value is e.g. ``<`` ``0``. The value is a number, or text for = and ≠."""

    colour: str
    operator: str
    value: str

    @property
    def words(self) -> str:
        return f"{Operator(self.operator).label} {self.value}"

    def fits(self, value: Any, amount: Decimal | None) -> bool:
        """Whether it colours ``value``, which as a number is ``amount``."""
        limit = number_of(self.value)
        if amount is not None and limit is not None:
            return _compare(self.operator, amount, limit)
        if value is None or (limit is not None and self.operator not in (Operator.EQUAL, Operator.DIFFERENT)):
            return False
        return _compare(self.operator, str(value).strip(), self.value.strip())


def _compare(operator: str, one: Any, other: Any) -> bool:
    match operator:
        case Operator.BELOW:
            return bool(one < other)
        case Operator.AT_MOST:
            return bool(one <= other)
        case Operator.ABOVE:
            return bool(one > other)
        case Operator.AT_LEAST:
            return bool(one >= other)
        case Operator.EQUAL:
            return bool(one == other)
        case Operator.DIFFERENT:
            return bool(one != other)
    return False


@dataclass(frozen=True)
class Column:
    name: str
    heading: str = ""
    format: str = CellFormat.AS_IS
    total: str = Total.NONE
    is_compared: bool = False
    rules: tuple[Rule, ...] = field(default=())

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Column:
        """A stored column. Raises ValidationError for one that no form of ours has written."""
        try:
            column = cls(
                name=str(data["name"]),
                heading=str(data.get("heading", "")),
                format=CellFormat(data.get("format", "")),
                total=Total(data.get("total", "")),
                is_compared=bool(data.get("is_compared", False)),
                rules=tuple(
                    Rule(Colour(rule["colour"]), Operator(rule["operator"]), str(rule["value"]))
                    for rule in data.get("rules", ())
                ),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise _misdescribed(error) from error
        return column

    def to_data(self) -> dict[str, Any]:
        """What is stored: what differs from a column as it comes."""
        data = {
            "name": self.name,
            "heading": self.heading,
            "format": str(self.format),
            "total": str(self.total),
            "is_compared": self.is_compared,
            "rules": [
                {"colour": str(rule.colour), "operator": str(rule.operator), "value": rule.value} for rule in self.rules
            ],
        }
        return {key: value for key, value in data.items() if value}

    @property
    def is_as_it_comes(self) -> bool:
        return self == Column(self.name)


def columns_of(stored: Any) -> list[Column]:
    """The columns as a section stores them. Raises ValidationError."""
    if not isinstance(stored, list):
        raise _misdescribed(stored)
    return [Column.from_data(entry) for entry in stored]


def validate_columns(stored: Any) -> None:
    names = [column.name for column in columns_of(stored)]
    for name in names:
        if names.count(name) > 1:
            raise ValidationError(_("The column “%(column)s” is chosen twice."), params={"column": name})


def chosen(columns: Iterable[Column], offered: Iterable[str]) -> list[Column]:
    """What to store: nothing where all columns that are offered are shown as they come."""
    wanted = list(columns)
    if [column.name for column in wanted] == list(offered) and all(column.is_as_it_comes for column in wanted):
        return []
    return wanted


def number_of(text: str) -> Decimal | None:
    """The number that somebody typed; None if it is none that can be compared."""
    try:
        number = Decimal(text.strip().replace(",", "").replace("，", ""))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _misdescribed(reason: object) -> ValidationError:
    return ValidationError(_("A column is not described as it should be: %(reason)s"), params={"reason": reason})
