"""However ticks fall, every slot is answered for once: none is lost, none comes twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from itertools import islice, pairwise, takewhile
from zoneinfo import ZoneInfo

from hypothesis import assume, given
from hypothesis import strategies as st

from backoffice.jobs.cron_expressions import read_cron
from backoffice.jobs.timetable import EARLY, Due, Slot, Timetable
from tests.jobs.timetable_play import ZONES, Keeper, moments, quick, timetables

INSTANT = timedelta.resolution
DAY = timedelta(days=1)

# How far a tick is from a slot, in seconds: about the edges that count.
offsets = st.sampled_from([-90.0, -0.6, -0.5, -0.4, -0.000001, 0.0, 0.000001, 0.4, 3.0, 59.0, 1000.0])


def upcoming(timetable: Timetable, after: datetime, anchor: datetime | None, number: int) -> list[Slot]:
    return list(islice(timetable.upcoming(after, anchor), number))


@quick(300)
@given(timetables, moments)
def test_slots_follow_each_other_strictly_with_keys_of_their_own_on_days_that_are_allowed(
    timetable: Timetable, after: datetime
) -> None:
    slots = upcoming(timetable, after, after, 40)
    assert all(before.at < later.at for before, later in pairwise(slots))
    assert all(slot.at > after for slot in slots)
    assert len({slot.key for slot in slots}) == len(slots)
    for slot in slots:
        if slot.local_time is None:
            assert timetable.allows_moment(slot.at)
        else:
            day = datetime.fromisoformat(slot.key).date()
            assert timetable.days.allows(day)
            assert not timetable.cron or read_cron(timetable.cron).allows(day)


@quick(200)
@given(timetables, moments, st.integers(0, 60), st.integers(0, 200), offsets)
def test_due_counts_exactly_the_slots_that_come(
    timetable: Timetable, anchor: datetime, skipped: int, number: int, offset: float
) -> None:
    slots = [*upcoming(timetable, anchor - INSTANT, anchor, skipped + number + 1)]
    assume(len(slots) > skipped)
    since, now = slots[skipped].at, slots[-1].at + timedelta(seconds=offset)
    slots += takewhile(lambda slot: slot.at <= now + EARLY, timetable.upcoming(slots[-1].at, anchor))

    def has_come(slot: Slot) -> bool:
        early = slot.local_time is None and timetable.allows_moment(now)
        return slot.at <= now + (EARLY if early else timedelta(0))

    expected = list(takewhile(has_come, slots[skipped:]))
    due = timetable.due(since, now, anchor)
    if not expected:
        assert due is None
    else:
        assert due
        assert (due.first, due.latest, due.count) == (expected[0], expected[-1], len(expected))


@quick(150)
@given(timetables, moments, st.lists(st.tuples(st.integers(0, 12), offsets), min_size=1, max_size=12))
def test_no_slot_is_lost_or_doubled_however_ticks_fall(
    timetable: Timetable, start: datetime, ticks: list[tuple[int, float]]
) -> None:
    """Each tick comes so many slots later, and so many seconds off that slot."""
    keeper = Keeper.begin(timetable, start)
    first = timetable.first_slot(start)
    assume(first is not None)
    assert first
    anchor = keeper.anchor
    slots = [first, *upcoming(timetable, first.at, anchor, sum(number for number, _ in ticks) + 1)]
    answers: list[Due] = []
    now, place = start, 0
    for number, offset in ticks:
        place = min(place + number, len(slots) - 1)
        now = max(now, slots[place].at + timedelta(seconds=offset))
        due = keeper.tick(now)
        answers += [due] if due else []
        assert keeper.tick(now) is None, "the same tick of another host has nothing left to claim"
    count = sum(due.count for due in answers)
    slots += upcoming(timetable, slots[-1].at, anchor, max(0, count + 1 - len(slots)))
    done = 0
    for due in answers:
        assert (due.first, due.latest) == (slots[done], slots[done + due.count - 1])
        done += due.count
    assert keeper.next_slot_at == (slots[done].at if done < len(slots) else None)
    assert keeper.next_slot_at is None or now < keeper.next_slot_at, "nothing that has come is left"


@quick(200)
@given(timetables, moments, st.integers(0, 100))
def test_an_anchor_may_move_to_any_slot_of_the_interval(timetable: Timetable, anchor: datetime, number: int) -> None:
    timetable = replace(timetable, times=())
    assume(timetable.every_minutes is not None)
    slots = upcoming(timetable, anchor - INSTANT, anchor, number + 20)
    assume(len(slots) > number)
    last = slots[number].at
    assert upcoming(timetable, last, last, 19) == upcoming(timetable, last, anchor, 19) == slots[number + 1 :]


@quick(100)
@given(timetables, moments, st.sampled_from(ZONES))
def test_a_change_of_zone_moves_set_times_and_days_and_leaves_intervals(
    timetable: Timetable, after: datetime, zone: str
) -> None:
    moved = replace(timetable, zone=zone)
    if not timetable.depends_on_zone:
        assert upcoming(moved, after, after, 5) == upcoming(timetable, after, after, 5)
    daily = replace(moved, every_minutes=None)
    for slot in upcoming(daily, after, None, 5):
        shown = (slot.at - moved.delay).astimezone(ZoneInfo(zone))
        assert slot.local_time in (shown.time(), (shown - timedelta(hours=1)).time()), "an hour later at most"


@quick(100)
@given(timetables, moments)
def test_a_new_timetable_begins_with_this_minute_or_later(timetable: Timetable, now: datetime) -> None:
    slot, later = timetable.first_slot(now), timetable.next_slot(now, timetable.fresh_anchor(now))
    assume(slot is not None)
    assert slot
    if slot.at > now:
        assert slot == later
    else:
        assert slot.at == timetable.fresh_anchor(now)


def test_a_new_timetable_includes_the_set_time_of_this_minute() -> None:
    slot = Timetable(times=(time(8),)).first_slot(datetime.fromisoformat("2026-05-05T08:00:17Z"))
    assert slot
    assert slot.key == "2026-05-05T08:00"


def test_keys_tell_set_times_and_intervals_apart() -> None:
    start = datetime.fromisoformat("2026-05-05T00:00Z")
    slots = upcoming(Timetable(every_minutes=720, times=(time(8),)), start, start, 3)
    assert [slot.key for slot in slots] == ["2026-05-05T08:00", "2026-05-05T12:00:00Z", "2026-05-06T00:00:00Z"]
