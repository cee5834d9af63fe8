"""Timetables and stock django-cron, played through tick by tick."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from unittest import mock
from zoneinfo import ZoneInfo

import time_machine
from django.db.models import Q
from django.test import override_settings
from django_cron import CronJobBase, CronJobManager, Schedule
from django_cron.models import CronJobLog
from hypothesis import settings
from hypothesis import strategies as st

from backoffice.jobs.timetable import EARLY, Days, Due, Timetable

ZONES = ["UTC", "Europe/Berlin", "Asia/Shanghai", "America/New_York"]


def quick(examples: int) -> settings:
    """The same examples in every run: a suite that fails by chance is no use to whom it stops."""
    return settings(max_examples=examples, deadline=None, derandomize=True, database=None)


def at(zone: str, *parts: int) -> datetime:
    """A moment by the clock on a wall in ``zone``, in UTC."""
    return datetime(*parts, tzinfo=ZoneInfo(zone)).astimezone(UTC)  # type: ignore[arg-type,misc]


def every(step: timedelta, start: datetime, end: datetime) -> list[datetime]:
    """Ticks from ``start`` on, before ``end``."""
    return [start + n * step for n in range(-(-(end - start) // step))]


# --- Ours -----------------------------------------------------------------------------------------------


@dataclass
class Keeper:
    """What the scheduler keeps of a job's timetable, and how a tick moves it on; without a database."""

    timetable: Timetable
    next_slot_at: datetime | None
    anchor: datetime

    @classmethod
    def begin(cls, timetable: Timetable, now: datetime) -> Keeper:
        slot = timetable.first_slot(now)
        return cls(timetable, slot.at if slot else None, timetable.fresh_anchor(now))

    def tick(self, now: datetime) -> Due | None:
        if self.next_slot_at is None or self.next_slot_at > now + EARLY:
            return None
        due = self.timetable.due(self.next_slot_at, now, self.anchor)
        if due:
            self.anchor = due.interval_at or self.anchor
            slot = self.timetable.next_slot(max(due.latest.at, now), self.anchor)
            self.next_slot_at = slot.at if slot else None
        return due

    def ticks(self, ticks: Iterable[datetime]) -> list[tuple[datetime, Due]]:
        """Which of the ticks run the job, and for what."""
        answers = ((now, self.tick(now)) for now in ticks)
        return [(now, due) for now, due in answers if due]


def played(timetable: Timetable, ticks: list[datetime]) -> list[tuple[datetime, Due]]:
    """The runs of a job that is new with the first of the ticks."""
    return Keeper.begin(timetable, ticks[0]).ticks(ticks)


# --- Stock ----------------------------------------------------------------------------------------------


class Rows(list[CronJobLog]):
    """As much of a queryset as stock asks of its log. That it answers as the database does is tested, too."""

    def filter(self, *conditions: Q, **lookups: Any) -> Rows:
        return Rows(row for row in self if all(_holds(row, one) for one in [*conditions, *lookups.items()]))

    def latest(self, name: str) -> CronJobLog:
        if not self:
            raise CronJobLog.DoesNotExist
        return max(self, key=lambda row: getattr(row, name))


def _holds(row: CronJobLog, condition: Q | tuple[str, Any]) -> bool:
    if isinstance(condition, Q):
        return (any if condition.connector == Q.OR else all)(_holds(row, one) for one in condition.children)
    (name, _, lookup), wanted = condition[0].partition("__"), condition[1]
    found = getattr(row, name)
    match lookup:
        case "":
            return bool(found == wanted)
        case "isnull":
            return (found is None) is wanted
        case "gt":
            return bool(found > wanted)
        case "gte":
            return bool(found >= wanted)
    raise NotImplementedError(lookup)


@dataclass
class Stock:
    """The released ``CronJobManager.should_run_now`` on a machine whose clock, and whose Django, is in ``zone``.

    Each run succeeds, and ends after ``takes``. The log is in memory unless ``in_database``.
    """

    schedule: Schedule
    zone: str
    takes: timedelta = timedelta()
    in_database: bool = False
    rows: Rows = field(default_factory=Rows)

    def runs(self, ticks: list[datetime]) -> list[tuple[datetime, str | None]]:
        """Which of the ticks run the job, and for which of its set times."""
        log = CronJobLog.objects if self.in_database else self.rows
        ticks = [tick.astimezone(ZoneInfo(self.zone)) for tick in ticks]  # the process gets the zone of its clock
        with (
            override_settings(TIME_ZONE=self.zone),
            time_machine.travel(ticks[0], tick=False) as clock,
            mock.patch.object(CronJobLog, "objects", log),
        ):
            return list(self._runs(ticks, clock))

    def _runs(self, ticks: list[datetime], clock: Any) -> Iterator[tuple[datetime, str | None]]:
        job = type("Job", (CronJobBase,), {"code": "tests.stock", "schedule": self.schedule})
        manager = CronJobManager(job, silent=True)
        manager.cron_job = job()
        for now in ticks:
            clock.move_to(now)
            if manager.should_run_now():
                self._log(now, manager.user_time)
                yield now, manager.user_time

    def _log(self, now: datetime, ran_at_time: str | None) -> None:
        row = CronJobLog(
            code="tests.stock", start_time=now, end_time=now + self.takes, is_success=True, ran_at_time=ran_at_time
        )
        if self.in_database:
            row.save()
        else:
            self.rows.append(row)


# --- Examples -------------------------------------------------------------------------------------------

days_of_week = st.none() | st.frozensets(st.integers(0, 6), min_size=1)
days_of_month = st.none() | st.frozensets(st.integers(1, 31), min_size=1)
set_times = st.lists(st.times().map(lambda one: time(one.hour, one.minute)), max_size=4, unique=True).map(tuple)
intervals = st.sampled_from([None, 0.5, 0.7, 1, 5, 7, 45, 60, 90, 24 * 60, 50 * 60, 10_000])
zones = st.sampled_from([*ZONES, "America/Nuuk", "Africa/Cairo", "Australia/Lord_Howe", "America/Havana"])
moments = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))


cron_minutes = st.sampled_from(["*", "*/7", "0", "30", "5,50", "10-20/3", "59"])
cron_hours = st.sampled_from(["*", "*/2", "2", "1-3", "0,23", "9-17/4", "0-23"])
cron_month_days = st.sampled_from(["*", "*", "1", "15,31", "*/2", "L", "LW", "29"])
cron_months = st.sampled_from(["*", "*", "*", "2", "MAR-OCT", "*/5"])
cron_weekdays = st.sampled_from(["*", "*", "MON-FRI", "SUN", "MON#1", "5L", "0,7", "*/3"])
crons = st.tuples(cron_minutes, cron_hours, cron_month_days, cron_months, cron_weekdays).map(" ".join)

countries = st.sampled_from([{}, {}, {"country": "CN"}, {"country": "DE", "subdivision": "BY"}, {"country": "EG"}])
first_dates = st.none() | st.dates(date(2025, 1, 1), date(2026, 12, 31))
last_dates = st.none() | st.dates(date(2026, 6, 1), date(2030, 12, 31))
days = st.builds(
    lambda country, **rest: Days(**rest, **country),
    countries,
    weekdays=days_of_week,
    month_days=days_of_month,
    last_day=st.booleans(),
    first=first_dates,
    last=last_dates,
)
spreads = {"spread_minutes": st.sampled_from([0, 0, 7, 60]), "code": st.sampled_from(["a", "b", "c"])}
plain_timetables = st.builds(
    Timetable, intervals, set_times, days=st.just(Days()) | days, zone=zones, **spreads
).filter(lambda one: one.times or one.every_minutes is not None)
cron_timetables = st.builds(Timetable, cron=crons, days=st.just(Days()) | days, zone=zones, **spreads)
timetables = plain_timetables | cron_timetables
