"""What may stand in a report's fields, said in words for the person who fills them in."""

from __future__ import annotations

import re
import unicodedata
from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.encoding import punycode

from backoffice.jobs.told import gettext as _
from reporter.models.choices import Weekday
from reporter.placeholders import validate_text

# What stands between the names in a cell of a file of recipients.
SEPARATORS = re.compile(r"[,;|\n，；、]")


def validate_zone(value: str) -> None:
    if value not in available_timezones():
        raise ValidationError(
            _("“%(zone)s” is not a time zone. Write it like Europe/Berlin or Asia/Shanghai."), params={"zone": value}
        )


def validate_weekdays(value: Any) -> None:
    """None means every day; an empty list would mean never."""
    if value is None:
        return
    if not isinstance(value, list) or not value or any(day not in Weekday.values for day in value):
        raise ValidationError(_("Choose at least one day of the week, or none for every day."))


def validate_subject(value: str) -> None:
    if any(character in value for character in "\r\n"):
        raise ValidationError(_("A subject is one line."))
    validate_text(value)


def validate_one_line(value: str) -> None:
    """Names stand in the headers of mails: a line end would begin another one."""
    if any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in value):
        raise ValidationError(_("A name is one line, without tabs and other control characters."))


def validate_label(value: str) -> None:
    """Tags and groups stand side by side in one cell of a file."""
    if SEPARATORS.search(value):
        raise ValidationError(_("Do without commas, semicolons and bars: in a file of recipients they separate names."))


def domain_problem(address: str) -> str:
    """Why ``address`` may not be sent reports by ``REPORT_ALLOWED_DOMAINS``; empty if it may."""
    allowed = [punycode(domain).lower() for domain in settings.REPORT_ALLOWED_DOMAINS]
    if not allowed or punycode(address.rpartition("@")[2]).lower() in allowed:
        return ""
    return _("Reports may be sent to addresses at %(domains)s only. Whoever runs the server can allow others.") % {
        "domains": ", ".join(settings.REPORT_ALLOWED_DOMAINS)
    }
