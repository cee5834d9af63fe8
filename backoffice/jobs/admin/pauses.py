"""Pauses as they are shown: of which jobs, by whom, until when, and why."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from backoffice.jobs.admin import display
from backoffice.jobs.models import Job, Pause


def of_all(now: datetime) -> Pause | None:
    """The pause of all jobs, if it lasts."""
    return Pause.objects.of(None).active(now).select_related("by").first()


def own(job: Job, now: datetime) -> Pause | None:
    """The pause of this job alone, if it lasts."""
    pause = getattr(job, "pause", None)
    return pause if pause and pause.is_active(now) else None


def lasting(job: Job, now: datetime, overall: Pause | None) -> list[Pause]:
    """All that keep ``job`` from being started."""
    return [pause for pause in (overall, own(job, now)) if pause]


def in_words(pause: Pause) -> str:
    """ "by ann until 2026-03-02 08:00:00: the shop moves"."""
    values = {"who": pause.who, "since": display.plain_moment(pause.since)}
    text = _("by %(who)s since %(since)s, for good") % values
    if pause.until:
        text = _("by %(who)s until %(until)s") % {"who": pause.who, "until": display.plain_moment(pause.until)}
    return f"{text}: {pause.reason}" if pause.reason else text


def drawn(pauses: Iterable[Pause]) -> SafeString:
    """A badge and the words for each."""
    lines = [
        format_html(
            '<div class="pause">{}<span class="detail">{}</span></div>',
            display.badge("odd", _("paused") if pause.job_id else _("all paused")),
            in_words(pause),
        )
        for pause in pauses
    ]
    return SafeString("".join(lines))
