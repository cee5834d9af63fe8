"""What the pages of reports share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

# Rows that a page shows as part of another; more are shown by a list of their own, a page at a time.
MAX_INLINE_ROWS = 50

NOTHING = "–"


def moment_in(zone: str, moment: datetime | None) -> str:
    """A moment by the clock of a report, with the name of its zone: pages otherwise keep to the server's."""
    if moment is None:
        return NOTHING
    try:
        local = moment.astimezone(ZoneInfo(zone))
    except (KeyError, ValueError, OSError):  # a zone that is none: the page on which it is corrected must open
        local, zone = moment.astimezone(UTC), "UTC"
    return f"{local:%Y-%m-%d %H:%M:%S} {zone}"


def link_to_list(model: str, text: str, **filters: Any) -> SafeString:
    """A link to the list of ``model``, filtered."""
    return format_html('<a href="{}">{}</a>', reverse(f"admin:reporter_{model}_changelist", query=filters), text)
