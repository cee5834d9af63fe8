"""What stands for something else in the subject and the texts of a report. Replaced, never run as a template."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# A small, fixed list; the mail's writer knows what each stands for.
PLACEHOLDERS = ("report", "date", "period", "first_day", "last_day", "rows")

ALLOWED = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)

# A brace that is doubled is a brace; then what stands in braces; then a brace that is left over.
TOKEN = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


def filled(text: str, words: Mapping[str, str]) -> str:
    """``text`` with its placeholders replaced. What is not known stays as it is written."""

    def replaced(match: re.Match[str]) -> str:
        token = match[0]
        if token in ("{{", "}}"):
            return token[0]
        return words.get(match[1] or "", token)

    return TOKEN.sub(replaced, text)


def validate_text(value: str) -> None:
    """Raises ValidationError that names what is wrong and lists what there is."""
    for match in TOKEN.finditer(value):
        token = match[0]
        if token in ("{", "}"):
            raise ValidationError(
                _("A brace has no counterpart. Placeholders are %(allowed)s. For a brace itself write two."),
                params={"allowed": ALLOWED},
            )
        if token not in ("{{", "}}") and match[1] not in PLACEHOLDERS:
            raise ValidationError(
                _("“%(placeholder)s” stands for nothing; these do: %(allowed)s. For a brace itself write two."),
                params={"placeholder": token, "allowed": ALLOWED},
            )
