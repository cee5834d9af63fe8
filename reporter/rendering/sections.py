"""A section as the mail's templates write it."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reporter.columns import Colour
from reporter.models import ReportSection, SectionKind
from reporter.periods import Period
from reporter.placeholders import filled
from reporter.rendering.charts import Chart, Legend, NothingToDraw, chart_of
from reporter.rendering.shaping import Row, Shaped
from reporter.rendering.tables import as_text, plain_table, shortened

logger = logging.getLogger(__name__)

# Rows of a table that a mail shows unless the section says otherwise, and cells in any case: mail programs cut
# long mails off.
ROWS = 200
CELLS = 3000

# Characters of one cell that a mail shows.
CELL_LENGTH = 300

# Characters that say which number in a picture stands for what.
NUMBERED_LENGTH = 600

# What stands for a colour in plain text.
MARKS = {Colour.RED: "!", Colour.GREEN: "+"}


@dataclass(frozen=True)
class Cell:
    text: str
    is_amount: bool = False
    colour: str = ""
    change: str = ""

    @property
    def plain(self) -> str:
        marked = f"{self.text} {MARKS[Colour(self.colour)]}" if self.colour else self.text
        return f"{marked} ({self.change})" if self.change else marked


@dataclass(frozen=True)
class Picture:
    content_id: str
    content: bytes
    width: int
    height: int
    alternative: str


@dataclass
class View:
    """What a section shows. Where there is a ``problem``, it stands in the section's place."""

    title: str
    kind: str = ""
    problem: str = ""
    notices: list[str] = field(default_factory=list)  # what is wrong with it, above what there is
    text: str = ""
    headings: list[Cell] = field(default_factory=list)
    rows: list[list[Cell]] = field(default_factory=list)
    totals: list[Cell] = field(default_factory=list)
    caption: str = ""
    picture: Picture | None = None
    legends: list[Legend] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # below it
    plain: str = ""
    plain_notes: list[str] = field(default_factory=list)

    @property
    def troubles(self) -> list[str]:
        """What staff have to look at."""
        return [self.problem] if self.problem else self.notices


def text_view(section: ReportSection, words: Mapping[str, str]) -> View:
    return View(section.title, section.kind, text=filled(section.text.strip(), words))


def table_view(section: ReportSection, title: str, shaped: Shaped, file: str, compared: Period | None) -> View:
    """``file``: the name of the one that holds all rows; empty if there is none."""
    view = View(title, section.kind, notices=_gone(shaped))
    limit = min(section.row_limit or ROWS, max(1, CELLS // max(1, len(shaped.columns))))
    shown = [shaped.rows[number] for number in range(min(limit, len(shaped.rows)))]
    view.headings = [
        Cell(shortened(column.heading, CELL_LENGTH), is_amount)
        for column, is_amount in zip(shaped.columns, shaped.amounts, strict=True)
    ]
    view.rows = [[_cell(shaped, row, place) for place in range(len(shaped.columns))] for row in shown]
    view.totals = _totals(shaped)
    view.notes = [*shaped.notes, *_compared(shaped, compared), *_rest(len(shaped.rows) - len(shown), file)]
    view.plain = _plain(view)
    view.plain_notes = _marks(shaped)
    return view


def chart_view(section: ReportSection, title: str, shaped: Shaped, file: str) -> View:
    """The picture, and beside it as text what a font without Chinese cannot draw."""
    view = View(title, section.kind, notices=_gone(shaped), notes=list(shaped.notes))
    if not shaped.rows:
        return view
    try:
        chart = chart_of(section.kind, shaped, section.row_limit)
    except NothingToDraw as error:
        view.problem = str(error)
        return view
    view.caption = chart.caption
    view.notes += [*chart.notes, *_rest(chart.left_out, file)]
    view.plain = _plain_chart(chart)
    view.rows = [[]]  # it has something to show
    try:
        _draw(view, chart, section.pk or 0)
    except Exception as error:  # numbers that no axis can hold: the rest goes out
        logger.exception("The chart %s cannot be drawn", title)
        view.notices.append(_("This chart cannot be drawn: %(reason)s") % {"reason": error})
    return view


def _draw(view: View, chart: Chart, number: int) -> None:
    """``number``: two sections may show the same picture, and a Content-ID stands for one."""
    from reporter.rendering import drawing

    picture = drawing.draw(chart)
    content_id = f"{number}-{hashlib.sha256(picture.content).hexdigest()[:24]}@chart"
    view.picture = Picture(content_id, picture.content, picture.width, picture.height, chart.alternative(view.title))
    is_numbered = drawing.is_numbered(chart)
    if is_numbered and chart.kind == SectionKind.BAR:
        view.legends += filter(None, [chart.colours_of_groups()])
    if is_numbered and chart.kind == SectionKind.LINE:
        labels = " · ".join(f"{n} {label}" for n, label in enumerate(chart.labels, start=1))
        view.notes.insert(0, shortened(labels, NUMBERED_LENGTH))
    view.legends += filter(None, [chart.legend(is_numbered)])


def _cell(shaped: Shaped, row: Row, place: int) -> Cell:
    rule = shaped.rule(row, place)
    return Cell(
        shortened(shaped.text(row, place), CELL_LENGTH),
        shaped.amounts[place],
        str(rule.colour) if rule else "",
        shaped.changes(row, place),
    )


def _totals(shaped: Shaped) -> list[Cell]:
    if not shaped.has_totals:
        return []
    cells = [
        Cell(shaped.total(place), shaped.amounts[place], change=shaped.total_change(place))
        for place in range(len(shaped.columns))
    ]
    free = next((place for place, cell in enumerate(cells) if not cell.text), None)
    if free is not None:
        cells[free] = Cell(_("Total"), shaped.amounts[free])
    return cells


def _gone(shaped: Shaped) -> list[str]:
    text = _("The column “%(column)s” is not in the data any more.")
    return [text % {"column": name} for name in shaped.missing]


def _compared(shaped: Shaped, compared: Period | None) -> list[str]:
    if shaped.before is None or compared is None:
        return []
    words = {"period": compared.label}
    if not shaped.before:
        return [_("Compared with %(period)s, of which there is no data.") % words]
    return [_("Compared with %(period)s.") % words]


def _rest(count: int, file: str) -> list[str]:
    if count <= 0:
        return []
    words = {"count": as_text(count, "UTC"), "file": file}
    if file:
        text = ngettext(
            "And %(count)s more row in the file %(file)s.", "And %(count)s more rows in the file %(file)s.", count
        )
    else:
        text = ngettext("And %(count)s more row.", "And %(count)s more rows.", count)
    return [text % words]


# --- As plain text --------------------------------------------------------------------------------------


def _plain(view: View) -> str:
    if not view.rows:
        return ""
    lines = [[cell.plain for cell in row] for row in (*view.rows, *([view.totals] if view.totals else []))]
    headings = [cell.text for cell in view.headings]
    return plain_table(headings, lines, [cell.is_amount for cell in view.headings], feet=1 if view.totals else 0)


def _plain_chart(chart: Chart) -> str:
    headings = [chart.label_heading, *(series.name for series in chart.series)]
    texts = zip(*(series.texts for series in chart.series), strict=True)
    rows = [[label, *cells] for label, cells in zip(chart.labels, texts, strict=True)]
    return plain_table(headings, rows, [False, *(True for _series in chart.series)])


def _marks(shaped: Shaped) -> list[str]:
    """What the marks in plain text stand for."""
    return [
        f"{MARKS[Colour(rule.colour)]} = {column.heading} {rule.words}"
        for column in shaped.columns
        for rule in column.rules
    ]
