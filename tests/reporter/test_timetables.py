"""Timetables of reports, of every kind: nothing is missed or sent twice over a change, and a slot keeps its key."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from html import unescape
from importlib import import_module
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.utils import timezone

from backoffice.jobs.control import ChangedMeanwhile
from backoffice.jobs.timetable import Timetable
from backoffice.jobs.words import describe
from reporter.control import put_back, reschedule
from reporter.models import Edition, Report, ReportTimetableChange
from reporter.publishing import claim, publish
from tests.reporter.conftest import EIGHT, MakeReport

pytestmark = pytest.mark.django_db


def daily(*times: str, **data: Any) -> Timetable:
    return Timetable.from_data({"times": list(times), "zone": "UTC", **data})


def slots() -> list[str | None]:
    return list(Edition.objects.order_by("pk").values_list("slot", flat=True))


def after(**ago: int) -> datetime:
    return EIGHT + timedelta(**ago)


# --- A change ---


def test_what_is_due_by_the_old_one_gets_its_edition_once(make_report: MakeReport) -> None:
    report = make_report("Sales", "ada@example.com")
    change = reschedule(report, daily("08:30"), after(minutes=10))
    assert slots() == ["2026-11-23T08:00"]
    assert report.next_due_at == after(minutes=30)
    assert publish(after(minutes=31)).sent == 2
    put_back(report, change, after(minutes=40))
    assert report.timetable_data == {"times": ["08:00"]}
    assert report.next_due_at == after(days=1)
    assert slots() == ["2026-11-23T08:00", "2026-11-23T08:30"]


def test_whoever_read_a_report_before_its_change_claims_nothing_by_the_old_timetable(make_report: MakeReport) -> None:
    stale = Report.objects.get(pk=make_report("Sales", times=["08:00", "20:00"]).pk)
    report = Report.objects.get()
    reschedule(report, daily("08:00", "09:00"), after(seconds=-1))
    assert not claim(stale, EIGHT)
    publish(EIGHT)
    report.refresh_from_db()
    assert (slots(), report.next_due_at) == (["2026-11-23T08:00"], after(hours=1))


def test_the_same_local_time_further_west_is_sent_on_the_same_day(make_report: MakeReport) -> None:
    report = make_report("Sales", zone="Asia/Shanghai", next_due_at=after(hours=-8))
    publish(after(hours=-8))
    reschedule(report, daily("08:00", zone="America/New_York"), after(hours=-7))
    for minutes in (0, 5):
        publish(after(hours=5, minutes=minutes))
    assert slots() == ["2026-11-23T08:00", "2026-11-23T08:00-0500"]
    assert Edition.objects.latest("pk").zone == report.zone == "America/New_York"


def test_an_interval_keeps_its_steps_and_tells_of_days_of_the_report_s_zone(make_report: MakeReport) -> None:
    report = make_report("Sales", zone="Asia/Shanghai")
    reschedule(report, Timetable(every_minutes=360, zone="Asia/Shanghai"), after(minutes=1))
    Edition.objects.all().delete()
    for minutes in range(0, 24 * 60, 31):  # never just on time
        publish(after(minutes=minutes + 4))
    found = Edition.objects.order_by("pk").values_list("due_at", "local_date")
    assert list(found) == [
        (after(hours=6, minutes=1), date(2026, 11, 23)),
        (after(hours=12, minutes=1), date(2026, 11, 24)),  # four in the morning in Shanghai
        (after(hours=18, minutes=1), date(2026, 11, 24)),
    ]


def test_it_needs_the_permission_and_says_who_did_it_and_why(make_report: MakeReport) -> None:
    report = make_report("Sales", next_due_at=after(days=1))
    user = User.objects.create_user("ed")
    with pytest.raises(PermissionDenied):
        reschedule(report, daily("09:00"), EIGHT, by=user)
    user = User.objects.create_superuser("eve")
    change = reschedule(report, daily("09:00"), EIGHT, by=user, reason="Earlier")
    assert (change.before, change.changed_by) == ({"times": ["08:00"], "zone": "UTC"}, user)
    text = "Timetable: “at 08:00 (UTC)” became “at 09:00 (UTC)”. Earlier"
    assert LogEntry.objects.get().get_change_message() == text
    with pytest.raises(ChangedMeanwhile):
        reschedule(report, daily("10:00"), EIGHT, seen=0)


# --- Its page ---


def page_of(report: Report) -> str:
    return f"/admin/reporter/report/{report.pk}/timetable/"


def post(client: Client, report: Report, **typed: Any) -> str:
    response = client.post(page_of(report), {"kind": "times", "zone": "UTC"} | typed)
    return unescape(response.content.decode()) if response.status_code == 200 else f"{response.status_code}"


def test_the_page_is_the_same_as_that_of_jobs(admin_client: Client, make_report: MakeReport) -> None:
    report = make_report("Sales", next_due_at=timezone.now() + timedelta(days=1))
    typed = {"kind": "cron", "cron": "30 18 * * MON-FRI", "country": "CN", "zone": "Asia/Shanghai"}
    page = post(admin_client, report, **typed, step="check")
    words = "At 18:30 from Monday to Friday on working days of China (Asia/Shanghai)"
    assert f'<dd class="after">{words}</dd>' in page
    assert '<dd class="before">At 08:00 (UTC)</dd>' in page
    assert "as in the code" not in page
    assert post(admin_client, report, **typed, step="save", seen="0", reason="After work") == "302"
    report.refresh_from_db()
    assert f"{describe(report.timetable).capitalize()}"[:8] == "At 18:30"
    assert (report.zone, report.timetable_changes.get().reason) == ("Asia/Shanghai", "After work")
    assert words in admin_client.get(f"/admin/reporter/report/{report.pk}/change/").content.decode()
    change = ReportTimetableChange.objects.get()
    back = {"version": change.pk, "step": "save", "seen": change.pk}
    assert admin_client.post(page_of(report), back).status_code == 302
    report.refresh_from_db()
    assert (report.zone, report.timetable_data) == ("UTC", {"times": ["08:00"]})


def test_what_makes_no_sense_for_a_report_is_said(admin_client: Client, make_report: MakeReport) -> None:
    report = make_report("Sales")
    page = post(admin_client, report, kind="every", every_minutes="0", step="preview")
    assert "Write at least 5 minutes." in page
    page = post(admin_client, report, times="08:00, 18:00", step="preview")
    assert "they all tell of yesterday, since this is counted in whole days" in page
    assert "they all tell of" not in post(admin_client, report, times="08:00", step="preview")
    page = post(admin_client, report, kind="code", step="check")
    assert re.search(r'id="errors-kind"[^>]*>.*not one of the available choices', page, re.DOTALL)


def test_the_page_opens_for_a_timetable_that_cannot_be_read(admin_client: Client, make_report: MakeReport) -> None:
    report = make_report("Sales")
    for broken in ({"timetable_data": {"times": ["25:99"]}}, {"zone": "Mars/Olympus"}):
        Report.objects.update(**broken)
        for page in ("", f"{report.pk}/change/", f"{report.pk}/timetable/"):
            assert admin_client.get(f"/admin/reporter/report/{page}").status_code == 200, (broken, page)
    assert post(admin_client, report, times="09:00", step="save", seen="0") == "302"
    report.refresh_from_db()
    assert describe(report.timetable) == "at 09:00 (UTC)"


def test_without_the_permission_there_is_no_link_and_no_page(make_report: MakeReport) -> None:
    report = make_report("Sales")
    user = User.objects.create_user("staff", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_report"))
    client = Client()
    client.force_login(user)
    assert client.get(page_of(report)).status_code == 403
    assert post(client, report, step="save", times="09:00") == "403"
    assert b"Change the timetable" not in client.get(f"/admin/reporter/report/{report.pk}/change/").content


# --- From the columns that there were ---

from_columns = import_module("reporter.migrations.0003_timetables_from_columns")


def test_columns_become_data_that_means_the_same_and_go_back() -> None:
    assert from_columns.data_of(["08:00"], None) == {"times": ["08:00"]}
    data = from_columns.data_of(["08:00", "18:30"], [0, 4])
    assert describe(Timetable.from_data(data)) == "at 08:00 and 18:30 on Monday and Friday (UTC)"
    assert from_columns.columns_of(data) == {"times": ["08:00", "18:30"], "weekdays": [0, 4]}
    back = from_columns.columns_of({"every_minutes": 60})
    assert back == {"times": ["08:00"], "weekdays": None, "is_enabled": False}


@pytest.mark.django_db(transaction=True)
def test_a_report_that_was_sent_before_the_migration_is_not_sent_again_after_it(make_report: MakeReport) -> None:
    make_report("Sales", "ada@example.com")
    assert publish(EIGHT).sent == 1
    newest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    before = from_columns.Migration.dependencies
    old = MigrationExecutor(connection).migrate(before).apps.get_model("reporter", "Report")
    try:
        assert old.objects.values_list("times", "weekdays").get() == (["08:00"], None)
        old.objects.update(weekdays=[0, 1], next_due_at=EIGHT)  # as a clock that was set back would have it
    finally:
        MigrationExecutor(connection).migrate(newest)
    assert Report.objects.get().timetable_data == {"times": ["08:00"], "weekdays": [0, 1]}
    assert publish(EIGHT).sent == 0
    assert slots() == ["2026-11-23T08:00"]
