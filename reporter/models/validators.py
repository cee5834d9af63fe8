"""What may stand in a timetable's fields, said in words for the person who fills them in."""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from reporter.models.choices import Weekday

# What stands for something else in a subject; the mail's writer puts it there.
PLACEHOLDERS = ("{report}", "{date}", "{period}")


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
    allowed = ", ".join(PLACEHOLDERS)
    for word in re.findall(r"\{[^{}]*\}", value):
        if word not in PLACEHOLDERS:
            raise ValidationError(
                _("“%(placeholder)s” stands for nothing in a subject; these do: %(allowed)s."),
                params={"placeholder": word, "allowed": allowed},
            )
    if re.search(r"[{}]", re.sub(r"\{[^{}]*\}", "", value)):
        raise ValidationError(
            _("A brace has no counterpart. Write placeholders like this: %(allowed)s."), params={"allowed": allowed}
        )
