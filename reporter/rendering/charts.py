"""What a chart says: its labels, its numbers, its legend, and the words that stand for it. Drawn by drawing.py.

The first column gives the labels; each further column of numbers is a line, a group of bars or, for shares, the
first of them the sizes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from reporter.models import SectionKind
from reporter.rendering.formats import amount_of, day_of, shown
from reporter.rendering.shaping import Row, Shaped
from reporter.rendering.tables import NOTHING, as_text, shortened

# Told apart also by who does not see colours well.
COLOURS = ("#2457a6", "#d9822b", "#2e8b57", "#a63d57", "#6b5b95", "#5b6675", "#b8a13a", "#4aa3a2")

# What one picture can show; the files have the rest.
MAX_SERIES = 6
MAX_ROWS = {SectionKind.LINE: 400, SectionKind.BAR: 20, SectionKind.SHARE: 8}
MAX_DAYS = 100  # of bars that stand on an axis of time

# Characters of the words that stand for the picture where it is not shown.
ALT_LENGTH = 1000


class NothingToDraw(Exception):
    """The section has no column of numbers; the message says what to do."""


@dataclass(frozen=True)
class Series:
    name: str
    values: list[Decimal | None]
    texts: list[str]
    colour: str


@dataclass(frozen=True)
class Legend:
    """A small table beside the picture: its headings and, by row, a colour, a mark, and the cells."""

    headings: list[str]
    rows: list[tuple[str, str, list[str]]]


@dataclass(frozen=True)
class Chart:
    kind: str
    labels: list[str]
    days: list[date]  # what the labels are, if they are days or moments; else none
    series: list[Series]
    label_heading: str
    left_out: int  # rows that it does not show
    notes: list[str] = field(default_factory=list)

    @property
    def caption(self) -> str:
        names = ", ".join(series.name for series in self.series)
        return _("%(values)s by %(labels)s") % {"values": names, "labels": self.label_heading} if self.labels else names

    def alternative(self, title: str) -> str:
        """The picture in words, with its numbers."""
        numbers = (
            f"{label}: {' / '.join(texts)}"
            for label, texts in zip(
                self.labels, zip(*(series.texts for series in self.series), strict=True), strict=True
            )
        )
        words = shortened(f"{title}. {self.caption}. {'; '.join(numbers)}", ALT_LENGTH)
        return words.replace("<", "‹").replace(">", "›")  # in an attribute, where some mail programs take it for HTML

    def legend(self, is_numbered: bool) -> Legend | None:
        """What the picture itself does not say. ``is_numbered``: numbers stand in it for the labels."""
        if self.kind == SectionKind.SHARE:
            return self._shares()
        if is_numbered and self.kind == SectionKind.BAR:
            marked = ((str(n), label) for n, label in enumerate(self.labels, start=1))
            texts = zip(*(series.texts for series in self.series), strict=True)
            rows = [("", mark, [label, *cells]) for (mark, label), cells in zip(marked, texts, strict=True)]
            return Legend([self.label_heading, *(series.name for series in self.series)], rows)
        if self.kind == SectionKind.LINE:
            rows = [(series.colour, "", [series.name, *_extremes(series)]) for series in self.series]
            return Legend(["", _("latest"), _("lowest"), _("highest")], rows)
        if len(self.series) > 1:
            return Legend([], [(series.colour, "", [series.name]) for series in self.series])
        return None

    def colours_of_groups(self) -> Legend | None:
        """Which colour is which, where the other legend is taken up by the labels."""
        return (
            Legend([], [(series.colour, "", [series.name]) for series in self.series]) if len(self.series) > 1 else None
        )

    def _shares(self) -> Legend:
        (series,) = self.series
        whole = sum((value for value in series.values if value), Decimal())
        rows = [
            (COLOURS[n % len(COLOURS)], "", [label, text, shown((value or Decimal()) / whole, "percent", "UTC")])
            for n, (label, text, value) in enumerate(zip(self.labels, series.texts, series.values, strict=True))
        ]
        return Legend([self.label_heading, series.name, _("share")], rows)


def _extremes(series: Series) -> list[str]:
    known = [(value, text) for value, text in zip(series.values, series.texts, strict=True) if value is not None]
    if not known:
        return [NOTHING] * 3
    return [known[-1][1], min(known, key=lambda pair: pair[0])[1], max(known, key=lambda pair: pair[0])[1]]


def chart_of(kind: str, shaped: Shaped, limit: int | None) -> Chart:
    """Raises NothingToDraw."""
    places = [place for place, is_number in enumerate(shaped.amounts) if is_number and place]
    if not places:
        raise NothingToDraw(
            _("There is nothing to draw: a chart needs a column of numbers besides the first, which gives the labels.")
        )
    is_dated = kind == SectionKind.BAR and bool(_days(shaped, shaped.rows[:MAX_DAYS]))
    most = MAX_DAYS if is_dated else MAX_ROWS[SectionKind(kind)]
    most = min(limit or most, most)
    if kind == SectionKind.SHARE:
        return _shares(shaped, places[0], most)
    rows = shaped.rows[:most]
    return Chart(
        kind=kind,
        labels=[_label(shaped, row) for row in rows],
        days=_days(shaped, rows),
        series=[_series(shaped, place, rows, n) for n, place in enumerate(places[:MAX_SERIES])],
        label_heading=shaped.columns[0].heading,
        left_out=len(shaped.rows) - len(rows),
        notes=_left_out_columns(shaped, places[MAX_SERIES:]),
    )


def _label(shaped: Shaped, row: Row) -> str:
    return shortened(" ".join(shaped.text(row, 0).split()), 60)


def _days(shaped: Shaped, rows: Sequence[Row]) -> list[date]:
    days = [day_of(row[0], shaped.zone) for row in rows]
    known = [day for day in days if isinstance(day, date)]
    return known if len(known) == len(days) else []


def _left_out_columns(shaped: Shaped, places: Sequence[int]) -> list[str]:
    if not places:
        return []
    names = ", ".join(shaped.columns[place].heading for place in places)
    return [
        _("Not drawn, since a chart shows up to %(count)d columns: %(names)s.") % {"count": MAX_SERIES, "names": names}
    ]


def _series(shaped: Shaped, place: int, rows: Sequence[Row], number: int) -> Series:
    values = [amount_of(row[place]) for row in rows]
    texts = [shaped.text(row, place) for row in rows]
    return Series(shaped.columns[place].heading, values, texts, COLOURS[number])


def _shares(shaped: Shaped, place: int, most: int) -> Chart:
    """The largest, and the others together; what is not above zero has no share."""
    sized = [(amount, row) for row in shaped.rows if (amount := amount_of(row[place])) is not None and amount > 0]
    if not sized:
        raise NothingToDraw(_("There is nothing to draw: no number is above zero."))
    sized.sort(key=lambda pair: pair[0], reverse=True)
    kept = len(sized) if len(sized) <= most else most - 1
    labels = [_label(shaped, row) for _amount, row in sized[:kept]]
    values: list[Decimal | None] = [amount for amount, _row in sized[:kept]]
    texts = [shaped.text(row, place) for _amount, row in sized[:kept]]
    if rest := sized[kept:]:
        amount = sum((amount for amount, _row in rest), Decimal())
        labels.append(_("%(count)d others") % {"count": len(rest)})
        values.append(amount)
        texts.append(_like(rest[0][1][place], amount, shaped, place))
    negative = len(shaped.rows) - len(sized)
    return Chart(
        kind=SectionKind.SHARE,
        labels=labels,
        days=[],
        series=[Series(shaped.columns[place].heading, values, texts, COLOURS[0])],
        label_heading=shaped.columns[0].heading,
        left_out=0,
        notes=[_("Rows without a number above zero are left out: %(count)d.") % {"count": negative}]
        if negative
        else [],
    )


def _like(value: Any, amount: Decimal, shaped: Shaped, place: int) -> str:
    if isinstance(value, timedelta):
        return as_text(timedelta(seconds=float(amount)), shaped.zone)
    return shown(amount, shaped.columns[place].format, shaped.zone)
