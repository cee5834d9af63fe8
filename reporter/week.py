"""The week ahead: who gets what when, over all reports. Two queries; nothing is stored."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from backoffice.jobs.timetable import Slot
from reporter.audience import when_due
from reporter.models import Edition, Recipient, Report, Subscription, Why
from reporter.publishing import UNREADABLE

AHEAD = timedelta(days=7)

# Due moments of one report that are reckoned; one that comes hourly has 168 in a week.
MOST_SLOTS = 200

# Names that a row shows; the others are counted.
NAMED = 6


@dataclass
class Row:
    """One report at one moment, by its clock."""

    at: datetime
    report: Report
    people: list[Recipient] = field(default_factory=list)
    is_cut: bool = False  # it comes more often in this week than is reckoned

    @property
    def named(self) -> list[Recipient]:
        return self.people[:NAMED]

    @property
    def others(self) -> int:
        return max(0, len(self.people) - NAMED)


@dataclass
class Day:
    day: date
    rows: list[Row] = field(default_factory=list)


def week_ahead(now: datetime, search: str = "") -> list[Day]:
    """The next seven days, by day. ``search``: only what goes to people whose name or address holds it.

    A report that nobody gets at a moment has a row without people, unless somebody is searched for.
    """
    readers = _readers(search.strip().lower())
    by_day: dict[date, Day] = {}
    for report in Report.objects.filter(is_enabled=True).order_by("name"):
        wishes = readers.get(report.pk, [])
        if search and not wishes:
            continue
        for row in _rows(report, wishes, now):
            if row.people or not search:
                by_day.setdefault(row.at.date(), Day(row.at.date())).rows.append(row)
    for day in by_day.values():
        day.rows.sort(key=lambda row: (row.at, row.report.name))
    return [by_day[day] for day in sorted(by_day)]


def _readers(search: str) -> dict[int, list[Subscription]]:
    found = defaultdict(list)
    for wish in Subscription.objects.active().select_related("recipient").order_by("recipient__name"):
        if not search or search in wish.recipient.name.lower() or search in wish.recipient.address.lower():
            found[wish.report_id].append(wish)
    return found


def _rows(report: Report, wishes: list[Subscription], now: datetime) -> list[Row]:
    try:
        slots = _slots(report, now)
    except UNREADABLE:  # the board says so
        return []
    zone = ZoneInfo(report.zone)
    rows: list[Row] = []
    for slot in slots:
        day = date.fromisoformat(slot.key[:10])
        edition = Edition(report=report, why=Why.TIMETABLE, local_date=day, zone=report.zone)
        by_moment: dict[datetime, Row] = {}
        for wish in wishes:
            if at := when_due(edition, wish, slot.at):
                local = at.astimezone(zone)
                by_moment.setdefault(local, Row(local, report)).people.append(wish.recipient)
        rows += by_moment.values() or [Row(slot.at.astimezone(zone), report)]
    if len(slots) == MOST_SLOTS:
        rows[-1].is_cut = True
    return rows


def _slots(report: Report, now: datetime) -> list[Slot]:
    """From the first that has no edition yet."""
    if report.next_due_at is None:
        return []
    start = max(report.next_due_at - timedelta.resolution, now - timedelta(days=1))
    ahead = takewhile(lambda slot: slot.at < now + AHEAD, report.timetable.upcoming(start))
    return list(islice(ahead, MOST_SLOTS))
