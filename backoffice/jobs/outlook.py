"""What a timetable will come to: its next moments, what a clock change does to them, and whom they meet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice

from django.utils.translation import gettext as _

from backoffice.jobs.timetable import Slot, Timetable

# So often two timetables are asked in turn for a minute that they share: some milliseconds for each other job.
MOST_STEPS = 100

ONE_DAY = timedelta(days=1)
ONE_MINUTE = timedelta(minutes=1)

# So far clock changes are looked for: each zone that has them has them every year.
DAYS_AHEAD = 366


@dataclass(frozen=True)
class Moment:
    """A moment in the timetable's zone, and what a clock change has done to it."""

    at: datetime
    note: str = ""


@dataclass(frozen=True)
class Outlook:
    """The next moments. ``never``: there is none; ``ends``: there are no others after these.

    With ``at_each_look`` it comes due whenever something ticks: no moments can be told.
    """

    moments: tuple[Moment, ...]
    never: bool
    ends: bool
    at_each_look: bool


def outlook(timetable: Timetable, now: datetime, anchor: datetime | None = None, count: int = 10) -> Outlook:
    """The next ``count`` moments after ``now``; ``anchor`` is where an interval is counted from."""
    slots = list(islice(timetable.upcoming(now, anchor), count + 1))
    return Outlook(
        moments=tuple(Moment(slot.at.astimezone(timetable.tz), _note(timetable, slot)) for slot in slots[:count]),
        never=timetable.next_slot(now, anchor) is None,
        ends=not timetable.is_at_each_look and len(slots) <= count,
        at_each_look=timetable.is_at_each_look,
    )


# --- Clock changes ---


def clock_changes(timetable: Timetable, now: datetime, count: int = 2) -> list[Moment]:
    """Moments of the coming year that a clock change leaves out, shifts or repeats, the first of each change."""
    if not timetable.has_set_times:
        return []
    return list(islice(_first_notes(timetable, now), count))


def _first_notes(timetable: Timetable, now: datetime) -> Iterator[Moment]:
    tz = timetable.tz
    today = now.astimezone(tz).date()
    for day in (today + timedelta(days=number) for number in range(DAYS_AHEAD)):
        opens, closes = (datetime.combine(one, time.min, tzinfo=tz) for one in (day, day + ONE_DAY))
        if opens.utcoffset() == closes.utcoffset():
            continue
        # Of set times alone, and a day more: a spread may take a slot past midnight.
        start = max(now, opens) - timetable.delay
        slots = (slot.later(timetable.delay) for slot in timetable.set_times.slots(start, closes + ONE_DAY))
        noted = ((slot, note) for slot in slots if (note := _note(timetable, slot)))
        yield from (Moment(slot.at.astimezone(tz), note) for slot, note in islice(noted, 1))


def _note(timetable: Timetable, slot: Slot) -> str:
    """Where the clock leaves a set time out or shows it twice: what becomes of it."""
    if slot.local_time is None:
        return ""
    day = date.fromisoformat(slot.key[:10])
    wanted = datetime.combine(day, slot.local_time, tzinfo=timetable.tz)
    again = wanted.replace(fold=1)
    if again.utcoffset() != wanted.utcoffset():
        is_shown_twice = again.utcoffset() < wanted.utcoffset()  # type: ignore[operator]
        return _note_twice(timetable, slot) if is_shown_twice else _note_left_out(timetable, slot)
    if left_out := _time_left_out(timetable, slot, day):
        text = _("%(time)s does not exist on that night; %(other)s stands for both")
        return text % {"time": _clock(left_out), "other": _clock(slot.local_time)}
    return ""


def _note_left_out(timetable: Timetable, slot: Slot) -> str:
    values = {"time": _clock(slot.local_time), "shown": _clock(slot.at.astimezone(timetable.tz))}
    return _("%(time)s does not exist on that night; it runs at %(shown)s") % values


def _note_twice(timetable: Timetable, slot: Slot) -> str:
    if not timetable.set_times.comes_hourly:
        text = _("%(time)s comes twice on that night; it runs the first time only")
    elif (slot.at - timetable.delay).astimezone(timetable.tz).fold:
        text = _("%(time)s comes twice on that night; this is the second time")
    else:
        text = _("%(time)s comes twice on that night; this is the first time")
    return text % {"time": _clock(slot.local_time)}


def _time_left_out(timetable: Timetable, slot: Slot, day: date) -> time | None:
    """Another set time of that day that the clock leaves out, so that the two are one slot."""
    times, at = timetable.set_times, slot.at - timetable.delay
    clock = at.astimezone(timetable.tz)
    if clock.replace(hour=0, minute=0, fold=0).utcoffset() == clock.utcoffset():
        return None
    return next((one for one in times.times if one != slot.local_time and times.moment(day, one) == at), None)


def _clock(moment: datetime | time | None) -> str:
    return f"{moment:%H:%M}"


# --- Other jobs ---


def clashes(
    timetable: Timetable,
    others: Iterable[tuple[str, Timetable, datetime | None]],
    now: datetime,
    horizon: timedelta,
    anchor: datetime | None = None,
) -> list[tuple[str, datetime]]:
    """Other jobs, given as (code, timetable, anchor), that are due in the same minute before ``now + horizon``.

    Each with the first such minute, the soonest first. Jobs that come due at each look, or each minute,
    meet everything and are left out. Two timetables that miss each other many times over are taken to miss each
    other for good.
    """
    if _meets_everything(timetable, now):
        return []
    mine = timetable, anchor or timetable.fresh_anchor(now)
    found = []
    for code, other, other_anchor in others:
        if not _meets_everything(other, now):
            minute = _first_shared_minute(mine, (other, other_anchor or other.fresh_anchor(now)), now, now + horizon)
            found += [(code, minute)] if minute else []
    return sorted(found, key=lambda clash: clash[1])


def _meets_everything(timetable: Timetable, now: datetime) -> bool:
    """Whether it comes due each minute: no other time keeps two such jobs apart."""
    if timetable.is_at_each_look:
        return True
    slots = list(islice(timetable.upcoming(now, now), 3))
    return len(slots) == 3 and slots[2].at - slots[0].at <= 2 * ONE_MINUTE


def _first_shared_minute(
    mine: tuple[Timetable, datetime], others: tuple[Timetable, datetime], now: datetime, until: datetime
) -> datetime | None:
    """Each in turn is asked for its first slot from the other's minute on, so the one that is rare sets the pace."""
    minute, (asked, anchor), (waits, its_anchor) = None, mine, others
    after = now
    for _step in range(MOST_STEPS):
        slot = asked.next_slot(after, anchor)
        if slot is None or slot.at > until:
            return None
        found = slot.at.replace(second=0, microsecond=0)
        if found == minute:
            return minute
        minute, after = found, found - timedelta.resolution
        asked, anchor, waits, its_anchor = waits, its_anchor, asked, anchor
    return None
