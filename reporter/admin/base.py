"""What the pages of reports share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from backoffice.jobs.admin.display import NOTHING
from reporter.models import Report
from reporter.zones import zoned

__all__ = ["MAX_INLINE_ROWS", "NOTHING", "link_to_list", "moment_in", "next_due", "people"]

# Rows that a page shows as part of another; more are shown by a list of their own, a page at a time.
MAX_INLINE_ROWS = 50


def moment_in(zone: str, moment: datetime | None) -> str:
    """A moment by the clock of a report, with the name of its zone: pages otherwise keep to the server's."""
    if moment is None:
        return NOTHING
    local = zoned(moment, zone)
    return f"{local:%Y-%m-%d %H:%M:%S} {zone if local.tzinfo is not UTC else 'UTC'}"


def next_due(report: Report) -> str:
    """When ``report`` is due next; the moment that one which is switched off was due at does not come."""
    return moment_in(report.zone, report.next_due_at) if report.is_enabled else gettext("switched off")


def people(count: int) -> str:
    return ngettext("%(count)d person", "%(count)d people", count) % {"count": count}


def link_to_list(model: str, text: str, **filters: Any) -> SafeString:
    """A link to the list of ``model``, filtered."""
    return format_html('<a href="{}">{}</a>', reverse(f"admin:reporter_{model}_changelist", query=filters), text)
