"""The week ahead: who gets what when, over all reports. Five queries; nothing is stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from backoffice.jobs.timetable import UNREADABLE, Slot
from reporter.audience import Reader, readers_by_report
from reporter.models import Recipient, Report

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
    search = search.strip().lower()
    by_report = readers_by_report()
    by_day: dict[date, Day] = {}
    for report in Report.objects.filter(is_enabled=True).order_by("name"):
        readers = [reader for reader in by_report.get(report.pk, []) if _is_meant(reader, search)]
        if search and not readers:
            continue
        for row in _rows(report, readers, now):
            if row.people or not search:
                by_day.setdefault(row.at.date(), Day(row.at.date())).rows.append(row)
    for day in by_day.values():
        day.rows.sort(key=lambda row: (row.at, row.report.name))
    return [by_day[day] for day in sorted(by_day)]


def _is_meant(reader: Reader, search: str) -> bool:
    return search in reader.recipient.name.lower() or search in reader.recipient.address.lower()


def _rows(report: Report, readers: list[Reader], now: datetime) -> list[Row]:
    try:
        slots = _slots(report, now)
    except UNREADABLE:  # the board says so
        return []
    zone = ZoneInfo(report.zone)
    rows: list[Row] = []
    alike: dict[tuple[object, ...], list[Reader]] = {}  # thousands of people have few different wishes
    for reader in readers:
        alike.setdefault(reader.wishes, []).append(reader)
    for slot in slots:
        day = slot.day(zone)
        by_moment: dict[datetime, Row] = {}
        for group in alike.values():
            if at := group[0].due_at(day, report.zone, slot.at):
                local = at.astimezone(zone)
                by_moment.setdefault(local, Row(local, report)).people.extend(reader.recipient for reader in group)
        rows += by_moment.values() or [Row(slot.at.astimezone(zone), report)]
    if len(alike) > 1:
        for row in rows:
            row.people.sort(key=lambda person: (person.name, person.pk))
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
