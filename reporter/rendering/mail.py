"""An edition as a mail: subject, HTML with its styles inlined, and plain text that says the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from reporter.models import Edition
from reporter.placeholders import filled
from reporter.rendering.sections import View
from reporter.rendering.tables import as_text
from reporter.unsubscribing import OWN_LINK


@dataclass(frozen=True)
class Mail:
    subject: str
    html: str
    text: str


def words_of(edition: Edition, row_count: int) -> dict[str, str]:
    """What placeholders stand for; reporter.placeholders lists them."""
    period = edition.told_period
    return {
        "report": edition.report.name,
        "date": date_format(edition.local_date, "DATE_FORMAT"),
        "period": period.label,
        "first_day": date_format(period.first_day, "DATE_FORMAT"),
        "last_day": date_format(period.last_day, "DATE_FORMAT"),
        "rows": as_text(row_count, edition.zone),
    }


def render(
    edition: Edition, sections: Sequence[View], words: Mapping[str, str], links: Sequence[tuple[str, str]] = ()
) -> Mail:
    """The mail in the language that is active: the caller activates the report's.

    ``links``: what is said of files that are not attached, and their addresses.
    """
    subject = " ".join(filled(edition.report.subject, words).split())
    context = {
        "report": edition.report,
        "subject": subject,
        "period": words["period"],
        "zone": edition.zone,
        "own_link": OWN_LINK,
        "intro": filled(edition.report.intro.strip(), words),
        "notices": _notices(edition),
        "sections": sections,
        "links": links,
    }
    html = render_to_string("reporter/mail.html", context)
    text = render_to_string("reporter/mail.txt", context)
    return Mail(subject, _inlined(html), _without_blank_runs(text))


def _notices(edition: Edition) -> list[str]:
    """What the reader has to know about how this edition came about."""
    if edition.slots_covered < 2:
        return []
    return [
        _(
            "Nothing was running when this report was due. This edition stands for %(count)d due moments, "
            "the first of them at %(first)s."
        )
        % {"count": edition.slots_covered, "first": as_text(edition.covers_from, edition.zone)}
    ]


def _inlined(html: str) -> str:
    from css_inline import CSSInliner  # where a mail is built, and nowhere else: a tick need not load it

    return CSSInliner(load_remote_stylesheets=False, keep_at_rules=True).inline(html)


def _without_blank_runs(text: str) -> str:
    lines: list[str] = []
    for line in text.strip().splitlines():
        if line.strip() or (lines and lines[-1]):
            lines.append(line.rstrip())
    return "\n".join(lines) + "\n"
