"""A dataset's table as a section wants it: its columns, its order, its totals, and what has changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from backoffice.jobs.storable import storable
from reporter.columns import DIGITS, Column, Rule, Total, columns_of
from reporter.datasets.base import Table
from reporter.models import ReportSection
from reporter.rendering.formats import amount_of, change, shown
from reporter.rendering.tables import as_text, is_amount, shortened

# Rows by which a column is taken for one of numbers.
SAMPLE = 200

# Characters of a column's name.
MAX_NAME = 200

Row = Sequence[Any]


@dataclass(frozen=True)
class Shaped:
    columns: list[Column]  # each with the heading that is shown
    rows: Sequence[Row]  # all of them, in order, as the dataset has their values
    zone: str
    notes: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)  # columns that were chosen, or there last time, and are gone
    before: Sequence[Row] | None = None  # of the period before; None if nothing is compared

    @cached_property
    def amounts(self) -> list[bool]:
        """Which columns hold numbers or durations."""
        sample = [self.rows[index] for index in range(min(SAMPLE, len(self.rows)))]
        if not sample:
            return [False] * len(self.columns)
        values = zip(*sample, strict=True)
        return [
            is_amount([_told(value, column) for value in cells])
            for cells, column in zip(values, self.columns, strict=True)
        ]

    def text(self, row: Row, place: int) -> str:
        return shown(row[place], self.columns[place].format, self.zone)

    def rule(self, row: Row, place: int) -> Rule | None:
        """The first rule that colours the cell."""
        column, value = self.columns[place], row[place]
        amount = amount_of(value) if column.rules else None
        return next((rule for rule in column.rules if rule.fits(value, amount)), None)

    # --- Totals ---

    @property
    def has_totals(self) -> bool:
        return bool(self.rows) and any(column.total for column in self.columns)

    def total(self, place: int) -> str:
        """Of all rows; empty for a column that wants none."""
        column = self.columns[place]
        value = self._totalled(self.rows, place)
        if value is None:
            return ""
        text = as_text(value, self.zone) if column.total == Total.COUNT else shown(value, column.format, self.zone)
        return _named(column.total) % {"value": text}

    def total_change(self, place: int) -> str:
        column = self.columns[place]
        if self.before is None or not (column.is_compared and column.total):
            return ""
        if not self.before:
            return _("no data before")
        now, then = (amount_of(self._totalled(rows, place)) for rows in (self.rows, self.before))
        return change(now, then)

    def _totalled(self, rows: Sequence[Row], place: int) -> Any:
        """In the type of the values: durations stay durations, whole numbers stay whole."""
        total = self.columns[place].total
        if total == Total.COUNT:
            return sum(row[place] not in (None, "") for row in rows)
        known = [(amount, row[place]) for row in rows if (amount := amount_of(row[place])) is not None]
        if not total or not known:
            return None
        amount = _reckoned(total, [amount for amount, _value in known])
        if all(isinstance(value, timedelta) for _amount, value in known):
            return timedelta(seconds=float(amount))
        return amount

    # --- What has changed since the period before ---

    def changes(self, row: Row, place: int) -> str:
        """Of one cell, against the row of the same name in the period before; empty if rows have no such name."""
        if not self._rows_before or not self.columns[place].is_compared:
            return ""
        then = self._rows_before.get(self._key(row))
        return change(amount_of(row[place]), amount_of(then[place]) if then else None)

    @cached_property
    def _rows_before(self) -> dict[tuple[str, ...], Row]:
        """By the cells that are no numbers. Empty if these do not tell rows apart, or no row was there before."""
        if not self.before or not any(column.is_compared for column in self.columns):
            return {}
        known = {self._key(row): row for row in self.before}
        here = {self._key(row) for row in self.rows}
        is_unique = len(known) == len(self.before) and len(here) == len(self.rows)
        return known if is_unique and known.keys() & here else {}

    def _key(self, row: Row) -> tuple[str, ...]:
        return tuple(str(value) for value, amount in zip(row, self.amounts, strict=True) if not amount)


def _told(value: Any, column: Column) -> Any:
    """A number that is written as text counts as one where the column is to be treated as numbers."""
    is_number_wanted = column.format in DIGITS or column.is_compared or column.total not in (Total.NONE, Total.COUNT)
    amount = amount_of(value) if is_number_wanted and isinstance(value, str) else None
    return value if amount is None else amount


def _named(total: str) -> str:
    """What a total is called beside its number; a sum needs no name, it stands in the line of totals."""
    match total:
        case Total.AVERAGE:
            return _("average %(value)s")
        case Total.LOWEST:
            return _("lowest %(value)s")
        case Total.HIGHEST:
            return _("highest %(value)s")
        case Total.COUNT:
            return _("%(value)s entries")
    return "%(value)s"


def _reckoned(total: str, amounts: list[Decimal]) -> Decimal:
    match total:
        case Total.LOWEST:
            return min(amounts)
        case Total.HIGHEST:
            return max(amounts)
        case Total.AVERAGE:
            return round(sum(amounts, Decimal()) / len(amounts), 2)
    return sum(amounts, Decimal())


# --- From the dataset's table ---------------------------------------------------------------------------


def names_of(table: Table) -> list[str]:
    """The columns as reports remember them: one line, not too long, and none without a name."""
    names = [shortened(" ".join(storable(name).split()), MAX_NAME) for name in table.columns]
    return [name or f"#{number}" for number, name in enumerate(names, start=1)]


def shape(section: ReportSection, table: Table, zone: str, before: Table | None = None) -> Shaped:
    """Raises ValidationError for columns that no form of ours has stored."""
    names = names_of(table)
    wanted = columns_of(section.columns) or [Column(name) for name in names]
    there = [column for column in wanted if column.name in names]
    places = [names.index(column.name) for column in there] if section.columns else list(range(len(names)))
    rows = _sorted(section, names, table.rows)
    return Shaped(
        columns=[replace(column, heading=column.heading or column.name) for column in there],
        rows=_picked(rows, places, len(names)),
        zone=zone,
        notes=[storable(note) for note in table.notes],
        missing=_missing(section, wanted, names),
        before=None if before is None else _before(before, there),
    )


def _missing(section: ReportSection, wanted: Iterable[Column], names: list[str]) -> list[str]:
    if not names:
        return []  # nothing was found at all, not even columns
    known = [column.name for column in wanted] if section.columns else [str(name) for name in section.seen_columns]
    sort_column = [section.sort_column] if section.sort_column else []
    return [name for name in dict.fromkeys((*known, *sort_column)) if name not in names]


def _picked(rows: Sequence[Row], places: list[int], width: int) -> Sequence[Row]:
    if places == list(range(width)):
        return rows
    return [[row[place] for place in places] for row in rows]


def _before(table: Table, columns: list[Column]) -> list[Row]:
    """The same columns of the period before; what was not there then is nothing."""
    names = names_of(table)
    places = [names.index(column.name) if column.name in names else None for column in columns]
    return [[None if place is None else row[place] for place in places] for row in table.rows]


def _sorted(section: ReportSection, names: list[str], rows: Sequence[Row]) -> Sequence[Row]:
    if section.sort_column not in names:
        return rows
    place = names.index(section.sort_column)
    known = [row for row in rows if row[place] is not None]
    known.sort(key=lambda row: _rank(row[place]), reverse=section.is_descending)
    return [*known, *(row for row in rows if row[place] is None)]  # what is not known stands last, either way


def _rank(value: Any) -> tuple[int, Decimal | float | str]:
    """Numbers before dates before text: any two values can be compared."""
    amount = amount_of(value)
    if amount is not None:
        return 0, amount
    if isinstance(value, datetime) and value.tzinfo:
        return 1, value.timestamp()
    if isinstance(value, date):
        return 2, value.isoformat()
    return 3, str(value).casefold()
