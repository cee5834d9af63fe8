"""An edition as a mail: subject, HTML with its styles inlined, and plain text that says the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from reporter.datasets.base import Table
from reporter.models import Edition
from reporter.rendering.remarks import marked, remarks
from reporter.rendering.tables import as_text, is_amount, plain_table

# Rows of a table that a mail shows; mail programs cut long mails off. The attached file has all.
MAX_ROWS = 200


@dataclass(frozen=True)
class Section:
    """A table under its title, or a problem in its place."""

    title: str
    table: Table | None
    problem: str = ""
    file_name: str = ""


@dataclass(frozen=True)
class Mail:
    subject: str
    html: str
    text: str


def render(edition: Edition, sections: Sequence[Section]) -> Mail:
    """The mail in the language that is active: the caller activates the report's."""
    subject = _subject(edition)
    context = {
        "report": edition.report,
        "subject": subject,
        "period": edition.told_period.label,
        "zone": edition.zone,
        "intro": edition.report.intro.strip(),
        "notices": remarks(edition),
        "sections": [_shown(section, edition.zone) for section in sections],
    }
    html = render_to_string("reporter/mail.html", context)
    text = render_to_string("reporter/mail.txt", context)
    return Mail(subject, _inlined(html), _without_blank_runs(text))


def _subject(edition: Edition) -> str:
    """Placeholders are replaced by plain text, never run as a template."""
    words = {
        "{report}": edition.report.name,
        "{date}": date_format(edition.local_date, "DATE_FORMAT"),
        "{period}": edition.told_period.label,
    }
    subject = edition.report.subject
    for placeholder, word in words.items():
        subject = subject.replace(placeholder, word)
    return marked(" ".join(subject.split()), edition)


def _shown(section: Section, zone: str) -> dict[str, Any]:
    shown: dict[str, Any] = {"title": section.title, "problem": section.problem, "notes": [], "rows": []}
    table = section.table
    if table is None:
        return shown
    part = Table(table.columns, table.rows[:MAX_ROWS])
    amounts = [is_amount(column) for column in zip(*part.rows, strict=True)] or [False] * len(part.columns)
    notes = [str(note) for note in table.notes]
    if len(part.rows) < len(table.rows):
        notes.append(
            _("These are the first %(shown)s of %(all)s rows; the attached file %(file)s has all of them.")
            % {
                "shown": as_text(len(part.rows), zone),
                "all": as_text(len(table.rows), zone),
                "file": section.file_name,
            }
        )
    return shown | {
        "columns": list(zip(part.columns, amounts, strict=True)),
        "rows": [
            [(as_text(cell, zone), amount) for cell, amount in zip(row, amounts, strict=True)] for row in part.rows
        ],
        "notes": notes,
        "plain": plain_table(part, zone),
    }


def _inlined(html: str) -> str:
    from css_inline import CSSInliner  # where a mail is built, and nowhere else: a tick need not load it

    return CSSInliner(load_remote_stylesheets=False, keep_at_rules=True).inline(html)


def _without_blank_runs(text: str) -> str:
    lines: list[str] = []
    for line in text.strip().splitlines():
        if line.strip() or (lines and lines[-1]):
            lines.append(line.rstrip())
    return "\n".join(lines) + "\n"
