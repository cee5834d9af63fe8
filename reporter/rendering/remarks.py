"""What the reader of a mail has to know about how it came about: in its subject, and at the top."""

from __future__ import annotations

from django.utils.translation import gettext as _

from reporter.models import Edition, Why
from reporter.rendering.tables import as_text


def marked(subject: str, edition: Edition) -> str:
    """``subject``, with a mark on tests and corrections."""
    match edition.why:
        case Why.TEST:
            return _("[Test] %(subject)s") % {"subject": subject}
        case Why.CORRECTION:
            return _("Correction: %(subject)s") % {"subject": subject}
    return subject


def remarks(edition: Edition) -> list[str]:
    match edition.why:
        case Why.TEST:
            return [_("This is a test. Nobody else was sent it.")]
        case Why.CORRECTION if edition.original:
            sent = as_text(edition.original.finished_at or edition.original.due_at, edition.zone)
            text = _("This corrects the report that was sent on %(moment)s: %(text)s")
            return [text % {"moment": sent, "text": edition.reason}]
        case Why.BACKFILL:
            text = _("This report is sent later than its day, on %(moment)s.")
            return [text % {"moment": as_text(edition.created_at, edition.zone)}]
    return _of_missed_slots(edition)


def _of_missed_slots(edition: Edition) -> list[str]:
    if edition.slots_covered < 2:
        return []
    return [
        _(
            "Nothing was running when this report was due. This edition stands for %(count)d due moments, "
            "the first of them at %(first)s."
        )
        % {"count": edition.slots_covered, "first": as_text(edition.covers_from, edition.zone)}
    ]
