"""The fields of a timetable as people type them, one by one; Refused for what cannot be meant, with what to do."""

from __future__ import annotations

import re
from datetime import date, time
from difflib import get_close_matches
from zoneinfo import ZoneInfo, available_timezones

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.jobs import cron_expressions
from backoffice.jobs.cron_expressions import LONGEST, CronError
from backoffice.jobs.schedules import LONGEST_MINUTES, parse_time
from backoffice.jobs.workdays import countries, country_name

# More would be no small spread.
MOST_SPREAD_MINUTES = 60

SEPARATORS = re.compile(r"[,;、\s]+")


class Refused(Exception):
    """With what to say to the person who typed it."""


def read_minutes(text: str) -> float:
    try:
        minutes = float(text)
    except ValueError:
        minutes = -1
    if not 0 <= minutes <= LONGEST_MINUTES:
        raise Refused(_("“%(text)s” is not a number of minutes. Write one such as 5 or 90.") % {"text": text})
    return int(minutes) if minutes == int(minutes) else minutes


def read_spread(text: str) -> int:
    if not (text.isdecimal() and len(text) < 4 and int(text) <= MOST_SPREAD_MINUTES):
        values = {"text": text, "most": MOST_SPREAD_MINUTES}
        raise Refused(_("“%(text)s” is not a number of minutes from 0 to %(most)d.") % values)
    return int(text)


def read_times(text: str) -> tuple[time, ...]:
    """In order, each once."""
    return tuple(sorted({_read_time(word) for word in _words(text)}))


def _read_time(word: str) -> time:
    try:
        return parse_time(word)
    except ValueError:
        pass
    if re.fullmatch(r"\d{1,3}:\d{1,3}", word):
        text = _("“%(text)s” is no time of the day: hours go from 00 to 23 and minutes from 00 to 59.")
    elif re.fullmatch(r"\d{1,2}[.·hH]\d{2}", word):
        text = _("“%(text)s” is not a time. Write it with a colon, such as 08:30.")
    else:
        text = _("“%(text)s” is not a time. Write hours and minutes such as 08:00, with commas between several.")
    raise Refused(text % {"text": word})


def read_weekdays(text: str) -> frozenset[int]:
    words = _words(text)
    for word in words:
        if word not in {"0", "1", "2", "3", "4", "5", "6"}:
            raise Refused(_("“%(text)s” is no day of the week: 0 is Monday and 6 is Sunday.") % {"text": word})
    return frozenset(map(int, words))


def read_month_days(text: str) -> tuple[frozenset[int] | None, bool]:
    """Days of the month, None where there is none but the last; and whether the last day is among them."""
    for name in (_("last day"), "last day", "最后一天"):
        text = re.sub(re.escape(name), "last", text, flags=re.IGNORECASE)
    words = [word.lower() for word in _words(text)]
    days = [word for word in words if word not in {"last", "l"}]
    for word in days:
        if not (word.isdecimal() and len(word) < 3 and 1 <= int(word) <= 31):
            raise Refused(_("“%(text)s” is no day of the month. Write 1 to 31, or “last day”.") % {"text": word})
    return frozenset(map(int, days)) if days else None, len(days) < len(words)


def read_date(text: str) -> date:
    found = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", text)
    try:
        return date(*map(int, found.groups())) if found else date.fromisoformat(text)
    except ValueError:
        raise Refused(_("“%(text)s” is not a date. Write it such as 2026-12-31.") % {"text": text}) from None


def read_zone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (KeyError, ValueError, OSError):  # not found, or a path that is none of a zone
        similar = {name.lower(): name for name in sorted(available_timezones())}
    message = _("There is no time zone “%(text)s”. Zones are named such as Europe/Berlin.") % {"text": text}
    for name in get_close_matches(text.lower().replace(" ", "_"), similar, n=1):
        message = _("There is no time zone “%(text)s”. Is %(similar)s meant?")
        message %= {"text": text, "similar": similar[name]}
    raise Refused(message)


def zones() -> list[str]:
    """Those that may be typed, in order; not the ones kept for old programs."""
    names = (name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))
    return [*sorted(names), "UTC"]


def read_country(text: str) -> str:
    code = text.upper()
    if code not in countries():
        message = _(
            "No working days are known for “%(text)s”. Write a country's code of two letters, such as CN or DE."
        )
        raise Refused(message % {"text": text})
    return code


def read_subdivision(text: str, country: str) -> str:
    known = countries().get(country, [])
    similar = {code.lower(): code for code in known}
    if text.lower() in similar:
        return similar[text.lower()]
    values = {"country": country_name(country), "text": text, "known": ", ".join(known)}
    if not country:
        raise Refused(_("Name the country, too, that “%(text)s” is a part of.") % values)
    if not known:
        raise Refused(
            _("%(country)s has the same working days everywhere, as far as is known. Leave this empty.") % values
        )
    raise Refused(_("%(country)s has no part “%(text)s”. Known are: %(known)s.") % values)


def read_cron(text: str) -> str:
    try:
        return cron_expressions.read_cron(text).text
    except CronError as error:
        raise Refused(_cron_message(text, error)) from None


def _cron_message(text: str, error: CronError) -> str:
    if error.field is not None:
        return _cron_field_message(error.field) % {"text": text.split()[error.field]}
    if len(text) > LONGEST:
        return _("The expression is longer than %(count)d characters. Write ranges and steps, such as 0-59/5.") % {
            "count": LONGEST
        }
    if error.fields == 5:
        return _("None of these months has such a day. Correct the day of the month or the month.")
    message = ngettext(
        "A cron expression has five fields, and this has %(count)d: minute, hour, day of the month, month, day of the"
        " week. There are no seconds. An example is 30 8 * * MON-FRI.",
        "A cron expression has five fields, and this has %(count)d: minute, hour, day of the month, month, day of the"
        " week. There are no seconds. An example is 30 8 * * MON-FRI.",
        error.fields,
    )
    return message % {"count": error.fields}


def _cron_field_message(field: int) -> str:
    return [
        _("The minute, “%(text)s”, cannot be read. Write 0 to 59, * for all, 0,30 or 10-20 or */5."),
        _("The hour, “%(text)s”, cannot be read. Write 0 to 23, * for all, 8,18 or 9-17 or */2."),
        _("The day of the month, “%(text)s”, cannot be read. Write 1 to 31, * for all, 1,15 or 1-7, L for the last."),
        _("The month, “%(text)s”, cannot be read. Write 1 to 12 or JAN to DEC, * for all, 1,7 or APR-SEP or */3."),
        _(
            "The day of the week, “%(text)s”, cannot be read. Write SUN to SAT or 0 to 7 (both are Sunday), * for all,"
            " MON,WED or MON-FRI, MON#1 for the first Monday of the month, 5L for its last Friday."
        ),
    ][field]


def _words(text: str) -> list[str]:
    return [word for word in SEPARATORS.split(text) if word]
