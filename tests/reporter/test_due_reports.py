"""Every due slot has its edition, once."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from reporter.control import reschedule
from reporter.models import Delivery, Edition, Report
from reporter.publishing import publish
from tests import migrated
from tests.conftest import ROOT
from tests.reporter.conftest import EIGHT, MakeReport, People

pytestmark = pytest.mark.django_db


def test_a_due_report_becomes_one_edition_that_is_sent_once(make_report: MakeReport) -> None:
    report = make_report("Sales", "ada@example.com", "bob@example.com")
    assert publish(EIGHT).sent == 2
    assert publish(EIGHT).sent == 0
    assert publish(EIGHT + timedelta(minutes=5)).text() == "Nothing was due."
    edition = Edition.objects.get()
    assert (edition.state, edition.slot, edition.why) == ("sent", "2026-11-23T08:00", "timetable")
    assert edition.local_date == date(2026, 11, 23)
    report.refresh_from_db()
    assert report.next_due_at == EIGHT + timedelta(days=1)


def test_a_report_that_is_not_due_or_switched_off_is_left_alone(make_report: MakeReport) -> None:
    make_report("Later", "ada@example.com", next_due_at=EIGHT + timedelta(seconds=1))
    make_report("Off", "ada@example.com", is_enabled=False)
    publish(EIGHT)
    assert not Edition.objects.exists()


def test_slots_missed_while_nothing_ran_become_one_edition_that_says_so(make_report: MakeReport) -> None:
    make_report("Sales", "ada@example.com")
    publish(EIGHT + timedelta(days=3, hours=2))
    edition = Edition.objects.get()
    assert edition.slot == "2026-11-26T08:00"
    assert edition.slots_covered == 4
    assert edition.covers_from == EIGHT
    assert "stands for 4 due moments" in edition.text
    assert "stands for 4 due moments" in edition.html


def test_a_slot_missed_by_hours_is_sent_late_without_a_notice(make_report: MakeReport) -> None:
    make_report("Sales", "ada@example.com")
    publish(EIGHT + timedelta(hours=9))
    edition = Edition.objects.get()
    assert (edition.state, edition.slots_covered) == ("sent", 1)
    assert "stands for" not in edition.text


@pytest.mark.parametrize(
    ("zone", "clock_change"),
    [
        ("Europe/Berlin", datetime(2026, 3, 29, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2026, 10, 25, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 3, 8, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 11, 1, tzinfo=UTC)),
    ],
)
def test_a_clock_change_neither_repeats_nor_drops_an_edition(
    make_report: MakeReport, zone: str, clock_change: datetime
) -> None:
    now = clock_change - timedelta(days=1)
    report = make_report("Night", "ada@example.com", zone=zone, times=["02:30"], next_due_at=None)
    report.reschedule(now)
    report.save()
    while now < clock_change + timedelta(days=2):
        publish(now)
        now += timedelta(hours=1)
    days = list(Edition.objects.order_by("pk").values_list("local_date", "slots_covered"))
    first = days[0][0]
    assert days == [(first + timedelta(days=n), 1) for n in range(3)]


def test_a_clock_set_back_sends_no_edition_again(make_report: MakeReport) -> None:
    report = make_report("Sales", "ada@example.com")
    publish(EIGHT)
    Report.objects.filter(pk=report.pk).update(next_due_at=EIGHT)
    assert publish(EIGHT).sent == 0
    report.refresh_from_db()
    assert report.next_due_at == EIGHT + timedelta(days=1)
    assert Edition.objects.count() == 1


BROKEN = pytest.mark.parametrize(
    "broken",
    [{"timetable_data": {"times": ["25:99"]}}, {"zone": "Mars/Olympus"}, {"zone": "Europe"}],
    ids=["times", "zone", "folder"],
)


@BROKEN
def test_a_timetable_that_cannot_be_read_holds_up_no_other_report(
    broken: dict[str, Any], make_report: MakeReport
) -> None:
    Report.objects.filter(pk=make_report("Broken", "ada@example.com").pk).update(**broken)
    make_report("Sales", "ada@example.com")
    summary = publish(EIGHT)
    assert summary.sent == 1
    assert summary.needs_a_person
    assert "Broken: its timetable cannot be read" in summary.text()
    assert not Edition.objects.filter(report__name="Broken").exists()


@BROKEN
def test_a_timetable_that_cannot_be_read_can_be_corrected(broken: dict[str, Any], make_report: MakeReport) -> None:
    report = make_report("Broken", "ada@example.com")
    Report.objects.filter(pk=report.pk).update(**broken)
    reschedule(report, report.timetable, EIGHT)  # with what it was made with
    assert (report.zone, report.next_due_at) == ("UTC", EIGHT + timedelta(days=1))
    assert publish(EIGHT + timedelta(days=1)).sent == 1


def test_a_new_report_comes_due_by_itself(db: None) -> None:
    report = Report.objects.create(name="New")
    assert report.next_due_at
    assert report.next_due_at > timezone.now()


def test_the_period_is_yesterday_by_the_clock_of_the_report(make_report: MakeReport, people: People) -> None:
    due = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)  # 08:00 in Shanghai
    make_report("Sales", "ada@example.com", zone="Asia/Shanghai", next_due_at=due)
    make_report("Weekly", "ada@example.com", zone="Asia/Shanghai", next_due_at=due, period="last_7_days")
    publish(due)
    day, week = people.calls
    assert (day.start, day.end) == (datetime(2026, 11, 21, 16, tzinfo=UTC), datetime(2026, 11, 22, 16, tzinfo=UTC))
    assert day.label == "Nov. 22, 2026"
    assert (week.first_day, week.last_day) == (date(2026, 11, 16), date(2026, 11, 22))


def test_a_pass_with_nothing_to_do_is_a_handful_of_queries(
    make_report: MakeReport, django_assert_num_queries: Any
) -> None:
    for number in range(20):
        make_report(f"Report {number}", "ada@example.com", next_due_at=EIGHT + timedelta(days=1))
    with django_assert_num_queries(
        10
    ):  # reports, dead senders, held ones, builds, deliveries, to settle, put off, twice what is old, what broke off
        publish(EIGHT)


def test_what_a_pass_has_no_time_for_goes_on_with_the_next(make_report: MakeReport) -> None:
    make_report("Sales", "ada@example.com")
    make_report("Costs", "ada@example.com")
    publish(EIGHT, budget=0)
    assert set(Edition.objects.values_list("state", flat=True)) == {"pending"}
    publish(EIGHT + timedelta(minutes=5))
    assert set(Edition.objects.values_list("state", flat=True)) == {"sent"}
    assert Delivery.objects.count() == 2


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL reads small tables whole, and rightly so")
@pytest.mark.parametrize(
    "rows",
    [
        Report.objects.due(EIGHT),
        Edition.objects.to_build(EIGHT),
        Edition.objects.to_settle(),
        Delivery.objects.due(EIGHT),
        Delivery.objects.stale(EIGHT),
        Delivery.objects.put_off(EIGHT),
    ],
    ids=["due reports", "to build", "to settle", "due deliveries", "dead senders", "put off"],
)
def test_what_a_pass_asks_for_is_found_by_an_index(rows: QuerySet[Any], db: None) -> None:
    assert "SCAN" not in rows.explain()


def test_a_pass_with_nothing_to_do_loads_nothing_heavy(clean_environment: dict[str, str]) -> None:
    migrated.copy_sqlite_to(Path(clean_environment["DATA_DIR"], "db.sqlite3"))
    script = (
        "import django, sys; django.setup(); from django.utils import timezone\n"
        "from reporter.cron import SendDailyReportsCronJob; print(SendDailyReportsCronJob().do())\n"
        "print({'css_inline', 'tablib', 'import_export.resources', 'reporter.admin'} & set(sys.modules))"
    )
    command = [sys.executable, "-W", "error", "-c", script]
    said = subprocess.run(command, cwd=ROOT, env=clean_environment, check=True, capture_output=True, text=True)
    assert said.stdout == "Nothing was due.\nset()\n"
