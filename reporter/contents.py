"""What the sections of a report say for a period: each dataset is asked once for it, and once for the period before."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _

from reporter.datasets import base
from reporter.datasets.base import Table
from reporter.models import Edition, FileChoice, Report, ReportSection, SectionKind
from reporter.periods import Period, compared_with
from reporter.rendering.sections import View, chart_view, table_view, text_view
from reporter.rendering.shaping import Shaped, names_of, shape


class DatasetGone(Exception):
    """No installed app has the dataset of a section; the message says so."""


def table_of(section: ReportSection, period: Period) -> Table:
    """What the section's dataset says of ``period``. The one place where a dataset is asked. Raises DatasetGone."""
    dataset = base.find(section.dataset)
    if dataset is None:
        raise DatasetGone(_("The dataset “%(key)s” of this section is not there any more.") % {"key": section.dataset})
    return dataset.table(period, section.parameters)


@dataclass
class Part:
    """A section with its rows; None where there are none to be had, and ``problem`` says why."""

    section: ReportSection
    title: str
    shaped: Shaped | None = None
    problem: str = ""
    csv_name: str = ""
    names: list[str] = field(default_factory=list)  # of all columns that the dataset had


@dataclass
class Contents:
    edition: Edition
    compared: Period
    parts: list[Part]

    @classmethod
    def of(cls, edition: Edition) -> Contents:
        """Asks the datasets. The caller activates the report's language."""
        period = edition.told_period
        asked = _Asked()
        compared = compared_with(edition.report.period, period)
        parts = [
            _part(section, edition, position, compared, asked)
            for position, section in enumerate(edition.report.sections.all(), start=1)
        ]
        return cls(edition, compared, parts)

    @property
    def is_empty(self) -> bool:
        """Whether it has tables or charts, none of which has a row. One that could not be had is no empty one."""
        told = [part for part in self.parts if part.section.has_rows]
        return bool(told) and all(part.shaped is not None and not part.shaped.rows for part in told)

    @property
    def row_count(self) -> int:
        """Of its tables; of its charts if it has no table."""
        shaped = [(part.section.is_chart, len(part.shaped.rows)) for part in self.parts if part.shaped]
        tables = [count for is_chart, count in shaped if not is_chart]
        return sum(tables) if tables else sum(count for _is_chart, count in shaped)

    def views(self, words: dict[str, str]) -> list[View]:
        return [self._view(part, words) for part in self.parts]

    def _view(self, part: Part, words: dict[str, str]) -> View:
        section = part.section
        if section.kind == SectionKind.TEXT:
            return text_view(section, words)
        if part.shaped is None:
            return View(part.title, section.kind, problem=part.problem)
        file = file_name_of(part, self.edition)
        if section.is_chart:
            return chart_view(section, part.title, part.shaped, file)
        return table_view(section, part.title, part.shaped, file, self.compared)


def title_of(section: ReportSection) -> str:
    """What people call it: its own title, or that of its dataset."""
    dataset = None if section.title or not section.has_rows else base.find(section.dataset)
    return str(dataset.title) if dataset else str(section)


class _Asked:
    """Tables that were had already: a table and a chart of the same dataset ask it once."""

    def __init__(self) -> None:
        self._tables: dict[tuple[str, str, Period], Table] = {}

    def table(self, section: ReportSection, period: Period) -> Table:
        # All that decides what the dataset answers.
        key = (section.dataset, json.dumps(section.parameters, sort_keys=True), period)
        if key not in self._tables:
            self._tables[key] = table_of(section, period)
        return self._tables[key]


def _part(section: ReportSection, edition: Edition, position: int, compared: Period, asked: _Asked) -> Part:
    if not section.has_rows:
        return Part(section, section.title)
    title = title_of(section)
    try:
        table = asked.table(section, edition.told_period)
    except DatasetGone as error:
        return Part(section, title, problem=str(error))
    before = asked.table(section, compared) if _is_compared(section) else None
    return Part(
        section,
        title,
        shape(section, table, edition.zone, before),
        csv_name=f"{get_valid_filename(f'{position}-{title}')[:100]}-{edition.local_date.isoformat()}.csv",
        names=names_of(table),
    )


def _is_compared(section: ReportSection) -> bool:
    return not section.is_chart and any(column.get("is_compared") for column in section.columns)


# --- The files --------------------------------------------------------------------------------------------


def has_csv(report: Report) -> bool:
    return report.files in (FileChoice.CSV, FileChoice.BOTH)


def has_workbook(report: Report) -> bool:
    return report.files in (FileChoice.XLSX, FileChoice.BOTH)


def file_name_of(part: Part, edition: Edition) -> str:
    """The file that holds all rows of the section; empty if the report has no files."""
    if has_csv(edition.report):
        return part.csv_name
    return workbook_name(edition) if has_workbook(edition.report) else ""


def workbook_name(edition: Edition) -> str:
    return f"{get_valid_filename(edition.report.name)[:100]}-{edition.local_date.isoformat()}.xlsx"
