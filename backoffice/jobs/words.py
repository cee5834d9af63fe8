"""What a timetable means, in a sentence of the language that is active."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from functools import reduce
from itertools import pairwise
from typing import Any

from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from backoffice.jobs.cron_expressions import CronExpression, read_cron
from backoffice.jobs.days import Days
from backoffice.jobs.timetable import UNREADABLE, Timetable
from backoffice.jobs.workdays import country_name

# As many set times of a cron expression are listed; more of them are told only where they are evenly spaced.
MOST_TIMES = 6


def describe(timetable: Timetable) -> str:
    """When a job is due: "every 5 minutes from Monday to Friday (Asia/Shanghai)"."""
    moments, days = _moments(timetable), timetable.days
    if timetable.cron:
        cron = read_cron(timetable.cron)
        moments, cron_days = _cron_words(cron)
        moments = _on_days(moments, cron_days) if cron_days else moments
    text = _on_days(moments, days)
    if timetable.spread_minutes:
        late = ngettext("up to %(count)d minute later", "up to %(count)d minutes later", timetable.spread_minutes)
        text = _and_also(text, late % {"count": timetable.spread_minutes})
    if timetable.depends_on_zone:
        text = _("%(sentence)s (%(zone)s)") % {"sentence": text, "zone": timetable.zone}
    return text


def describe_stored(data: dict[str, Any]) -> str:
    """The same of a timetable's data, whatever stands there."""
    try:
        return describe(Timetable.from_data(data))
    except UNREADABLE as error:
        return _("a timetable that cannot be read: %(error)s") % {"error": error}


# --- Moments ---


def _moments(timetable: Timetable) -> str:
    interval = None if timetable.every_minutes is None else _every(timetable.every_minutes)
    times = _at(sorted(timetable.times)) if timetable.times else None
    if interval and times:
        return _("%(interval)s and %(times)s") % {"interval": interval, "times": times}
    return interval or times or _("never")


def _every(minutes: float) -> str:
    if not minutes:
        return _("with every tick")
    if minutes % 60 == 0:
        hours = int(minutes / 60)
        return ngettext("every hour", "every %(count)d hours", hours) % {"count": hours}
    if minutes == int(minutes):
        return ngettext("every minute", "every %(count)d minutes", int(minutes)) % {"count": minutes}
    return _("every %(minutes)s minutes") % {"minutes": minutes}


def _at(times: Sequence[time]) -> str:
    return _("at %(times)s") % {"times": _listed([_clock(one) for one in times])}


def _clock(moment: time) -> str:
    return f"{moment:%H:%M}"


def _cron_words(cron: CronExpression) -> tuple[str, Days | None]:
    """Moments and days in our words; of an unusual expression its moments and days are said together."""
    moments, days = _cron_moments(cron.times), cron.plain_days
    if moments and days:
        return moments, days
    if (get_language() or "en").startswith("en"):
        words = cron.explain()
        return words[:1].lower() + words[1:], None
    return _("as the cron expression %(cron)s says") % {"cron": cron.text}, None


def _cron_moments(times: Sequence[time]) -> str | None:
    """None where there is no short way to say it."""
    minutes = [one.hour * 60 + one.minute for one in times]
    gaps = {later - before for before, later in pairwise(minutes)}
    if len(gaps) != 1 or len(times) <= 2:
        return _at(times) if len(times) <= MOST_TIMES else None
    gap = gaps.pop()
    if not minutes[0] and gap * len(times) == 24 * 60:
        return _every(gap)
    values = {"interval": _every(gap), "first": _clock(times[0]), "last": _clock(times[-1])}
    return _("%(interval)s from %(first)s to %(last)s") % values


# --- Days ---


def _on_days(moments: str, days: Days) -> str:
    """The moments with the days on which they are. Each language has its own order for the two."""
    found = [_weekdays(days.weekdays), _month_days(days), _working_days(days)]
    text = moments
    if phrases := [phrase for phrase in found if phrase]:
        text = _("%(moments)s %(days)s") % {"moments": moments, "days": reduce(_and_only, phrases)}
    dates = _dates(days.first, days.last)
    return _and_also(text, dates) if dates else text


def _weekdays(weekdays: frozenset[int] | None) -> str | None:
    if weekdays is None:
        return None
    if not weekdays:
        return _("on no day of the week")
    if weekdays == frozenset(range(5)):
        return _("from Monday to Friday")
    return _("on %(weekdays)s") % {"weekdays": _listed([str(WEEKDAYS[day]) for day in sorted(weekdays)])}


def _month_days(days: Days) -> str | None:
    if days.month_days is None:
        return _("on the last day of the month") if days.last_day else None
    if not days.month_days:
        return _("on the last day of the month") if days.last_day else _("on no day of the month")
    numbers = [str(day) for day in sorted(days.month_days)]
    if days.last_day:
        numbers.append(_("the last day"))
        return _("on day %(days)s of the month") % {"days": _listed(numbers)}
    text = ngettext("on day %(days)s of the month", "on days %(days)s of the month", len(numbers))
    return text % {"days": _listed(numbers)}


def _working_days(days: Days) -> str | None:
    if not days.country:
        return None
    place = country_name(days.country)
    if days.subdivision:
        place = _("%(country)s (%(subdivision)s)") % {"country": place, "subdivision": days.subdivision}
    return _("on working days of %(place)s") % {"place": place}


def _dates(first: date | None, last: date | None) -> str | None:
    values = {"first": first and _date(first), "last": last and _date(last)}
    if first and last:
        return _("from %(first)s to %(last)s") % values
    if first:
        return _("from %(first)s on") % values
    return _("until %(last)s") % values if last else None


def _date(day: date) -> str:
    return date_format(day, pgettext("how a day is written, in the letters of Django's date filter", "j M Y"))


# --- Joining ---


def _listed(words: Sequence[str]) -> str:
    """ "1, 2 and 3"."""
    *others, last = words
    if not others:
        return last
    return _("%(words)s and %(last)s") % {"words": pgettext("between words of a list", ", ").join(others), "last": last}


def _and_only(days: str, more: str) -> str:
    return _("%(days)s, and only %(more)s") % {"days": days, "more": more}


def _and_also(text: str, more: str) -> str:
    return _("%(sentence)s, %(more)s") % {"sentence": text, "more": more}
