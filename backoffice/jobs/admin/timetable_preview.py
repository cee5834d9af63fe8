"""What a timetable means and comes to, as it is shown while it is typed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.jobs.admin import display
from backoffice.jobs.outlook import Moment, clashes, clock_changes, outlook
from backoffice.jobs.timetable import Timetable
from backoffice.jobs.words import describe

# So far ahead other jobs are looked for at the same minute, so many are asked, and so many are named.
CLASH_HORIZON = timedelta(days=7)
MOST_ASKED = 200
MOST_NAMED = 3

Other = tuple[str, Timetable, datetime | None]


@dataclass(frozen=True)
class Row:
    """A moment in the timetable's zone and, where that differs, by the viewer's clock."""

    day: str
    at: str
    for_viewer: str
    note: str


@dataclass
class Preview:
    """``remarks`` have their gravity: what should be looked at is odd, what is good to know is quiet."""

    words: str
    zone: str
    rows: list[Row] = field(default_factory=list)
    following: str = ""
    viewer_zone: str = ""
    remarks: list[tuple[str, str]] = field(default_factory=list)


def preview(
    timetable: Timetable, now: datetime, after: datetime, anchor: datetime | None, others: Iterable[Other] = ()
) -> Preview:
    """``after`` is where it goes on, ``anchor`` where an interval is counted from; ``others`` are what it may meet."""
    ahead = outlook(timetable, after, anchor)
    viewer = timezone.get_current_timezone_name()
    differs = any(_shown(moment.at) != _shown(timezone.localtime(moment.at)) for moment in ahead.moments)
    shown = Preview(
        words=capfirst(describe(timetable)),
        zone=timetable.zone,
        rows=[_row(moment, differs) for moment in ahead.moments],
        viewer_zone=viewer if differs else "",
    )
    if ahead.at_each_look:
        shown.following = _("With every tick, about once a minute: there are no moments to tell.")
    elif ahead.never:
        shown.remarks.append(("bad", _("It does not come due any more. Look at the days and dates.")))
    elif ahead.moments:
        first = ahead.moments[0].at
        shown.following = _next_in(first, now)
    if ahead.ends and not ahead.never:
        shown.remarks.append(("odd", _("These are the last: after them it does not come due any more.")))
    seen = {moment.at for moment in ahead.moments}
    shown.remarks += [
        ("odd", _later_change(moment)) for moment in clock_changes(timetable, now) if moment.at not in seen
    ]
    if meets := clashes(timetable, others, now, CLASH_HORIZON, anchor):
        shown.remarks.append(("quiet", _clash_words(meets)))
    return shown


def _next_in(first: datetime, now: datetime) -> str:
    if first <= now + timedelta(minutes=1):
        return _("The first time with the next tick.")
    return _("The first time in %(time)s.") % {"time": display.roughly(first - now)}


def _row(moment: Moment, differs: bool) -> Row:
    for_viewer = ""
    if differs:
        local = timezone.localtime(moment.at)
        for_viewer = f"{date_format(local, 'D')} {local:%H:%M}"
    return Row(date_format(moment.at, "D"), _shown(moment.at), for_viewer, moment.note)


def _shown(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"


def _later_change(moment: Moment) -> str:
    return _("When the clock is changed, on %(day)s: %(note)s.") % {"day": f"{moment.at:%Y-%m-%d}", "note": moment.note}


def _clash_words(meets: list[tuple[str, datetime]]) -> str:
    named = ", ".join(f"{code} ({_shown(timezone.localtime(at))})" for code, at in meets[:MOST_NAMED])
    rest = len(meets) - MOST_NAMED
    if rest > 0:
        more = ngettext("and %(count)d more", "and %(count)d more", rest) % {"count": rest}
        named = f"{named}, {more}"
    text = _("In the same minute as %(jobs)s. A spread, or some minutes more or less, keeps them apart.")
    return text % {"jobs": named}
