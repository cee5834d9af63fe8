"""A row of a list is a card on a phone, where there is no head of a table: each cell says what it is."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst

register = template.Library()


@register.filter
def labelled(cells: list[SafeString], headers: list[dict[str, Any]]) -> SafeString:
    """The cells as the admin has made them, each with the text of its column's head; a box to tick has none."""
    return format_html_join("", "{}", ((_labelled(*each),) for each in zip(cells, headers, strict=True)))


def _labelled(cell: SafeString, header: dict[str, Any]) -> SafeString:
    if not cell.startswith(("<td class", "<th class")) or "action-checkbox" in cell[:40]:
        return cell
    return format_html('{} data-label="{}"{}', SafeString(cell[:3]), capfirst(header["text"]), SafeString(cell[3:]))
