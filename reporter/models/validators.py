"""What may stand in a report's fields, said in words for the person who fills them in."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from backoffice.jobs.timetable import parse_time
from reporter.models.choices import Weekday
from reporter.placeholders import validate_text


def validate_zone(value: str) -> None:
    if value not in available_timezones():
        raise ValidationError(
            _("“%(zone)s” is not a time zone. Write it like Europe/Berlin or Asia/Shanghai."), params={"zone": value}
        )


def validate_times(value: Any) -> None:
    if not isinstance(value, list) or not value:
        raise ValidationError(_("Give at least one time of the day, such as 08:00."))
    for text in value:
        try:
            parse_time(text)
        except ValueError:
            raise ValidationError(
                _("“%(time)s” is not a time of the day such as 08:00."), params={"time": text}
            ) from None


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
