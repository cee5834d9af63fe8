"""A report is paused until a day, and copied."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from backoffice.jobs.timetable import Timetable
from reporter import control
from reporter.board import board
from reporter.models import Edition, Report, ReportSection
from reporter.publishing import publish
from tests.reporter.conftest import EIGHT, MakeReport
from tests.reporter.test_section_form import client_with

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def boss() -> User:
    return User.objects.create_superuser("boss")


def notes_on(report: Report) -> list[str]:
    return list(LogEntry.objects.filter(object_id=report.pk).order_by("pk").values_list("change_message", flat=True))


def test_no_edition_is_made_while_it_is_paused_and_none_is_made_up_for(make_report: MakeReport, boss: User) -> None:
    report = make_report("Sales", "ada@example.com", zone="Asia/Shanghai", next_due_at=EIGHT + DAY)
    control.pause(report, boss, date(2026, 11, 28), "holidays", EIGHT)
    for day in range(9):
        publish(EIGHT.replace(hour=1) + day * DAY)
    first, second = Edition.objects.order_by("pk").values_list("slot", "slots_covered")[:2]
    assert first == ("2026-11-28T08:00", 1)
    assert second == ("2026-11-29T08:00", 1)
    assert notes_on(report) == ["Paused until 2026-11-28. holidays"]


def test_what_came_due_before_the_pause_is_sent(make_report: MakeReport, boss: User) -> None:
    report = make_report("Sales", "ada@example.com")  # due at eight, and no tick has come yet
    control.pause(report, boss, date(2026, 12, 1), "", EIGHT + timedelta(minutes=1))
    assert publish(EIGHT + timedelta(minutes=2)).sent == 1
    report.refresh_from_db()
    assert report.next_due_at == EIGHT.replace(day=1, month=12)


def test_a_pause_is_ended_early(make_report: MakeReport, boss: User) -> None:
    report = make_report("Sales", "ada@example.com", next_due_at=EIGHT + DAY)
    control.pause(report, boss, date(2026, 12, 24), "", EIGHT)
    assert control.resume(report, boss, EIGHT + 2 * DAY)
    assert not control.resume(report, boss, EIGHT + 2 * DAY)
    report.refresh_from_db()
    assert (report.next_due_at, report.paused_until) == (EIGHT + 3 * DAY, EIGHT + 2 * DAY)
    assert notes_on(report)[-1] == "The pause was ended."


def test_another_timetable_does_not_end_the_pause(make_report: MakeReport, boss: User) -> None:
    report = make_report("Sales", next_due_at=EIGHT + DAY)
    control.pause(report, boss, date(2026, 12, 1), "", EIGHT)
    report.refresh_from_db()
    control.reschedule(report, Timetable.from_data({"times": ["00:00"], "zone": "UTC"}), EIGHT + DAY)
    assert report.next_due_at == EIGHT.replace(day=1, month=12, hour=0)  # the very moment at which it ends
    Report.objects.update(next_due_at=EIGHT)
    assert not Report.objects.due(EIGHT + DAY).exists()


def test_a_pause_ends_in_the_future_and_is_made_by_whom_it_is_allowed(make_report: MakeReport, boss: User) -> None:
    report = make_report("Sales", zone="Asia/Shanghai")
    for day in (22, 23):
        with pytest.raises(control.NotPaused):
            control.pause(report, boss, date(2026, 11, day), "", EIGHT)
    nobody = User.objects.create_user("nobody")
    with pytest.raises(PermissionDenied):
        control.pause(report, nobody, date(2026, 12, 1), "", EIGHT)
    with pytest.raises(PermissionDenied):
        control.resume(report, nobody, EIGHT)
    with pytest.raises(PermissionDenied):
        control.copy_report(report, nobody)


def act(client: Client, action: str, *reports: Report, follow: bool = True) -> Any:
    data = {"action": action, "_selected_action": [report.pk for report in reports]}
    return client.post("/admin/reporter/report/", data, follow=follow)


def test_reports_are_paused_in_the_browser(admin_client: Client, make_report: MakeReport) -> None:
    one, two = make_report("One"), make_report("Two", zone="Asia/Shanghai")
    asked = act(admin_client, "pause", one, two)
    assert "What would have been due before is not made up for." in asked.content.decode()
    assert not Report.objects.exclude(paused_until=None).exists()
    address = asked.redirect_chain[-1][0]
    ids = {"report": [one.pk, two.pk]}
    for day, words in (("2020-01-01", "Choose a day after today"), ("soon", "Enter a valid date.")):
        assert words in admin_client.post(address, ids | {"until": day}).content.decode()
    day = timezone.localdate() + 10 * DAY
    answer = admin_client.post(address, ids | {"until": day.isoformat(), "reason": "stock-taking"}, follow=True)
    listed = answer.content.decode()
    assert "2 reports are paused." in listed
    assert f"paused until {day} 00:00:00 Asia/Shanghai (admin, stock-taking)" in listed
    assert "2 pauses were ended." in act(admin_client, "resume", one, two).content.decode()
    assert "paused until" not in admin_client.get("/admin/reporter/report/").content.decode()


def test_pausing_and_copying_need_their_permissions(make_report: MakeReport) -> None:
    report = make_report("Sales", "ada@example.com")
    client = client_with("view_report")
    page = client.get("/admin/reporter/report/").content.decode()
    assert "copy" not in page
    assert "pause" not in page
    assert client.get(f"/admin/reporter/report/pause/?report={report.pk}").status_code == 403
    act(client, "copy", report)
    assert Report.objects.count() == 1


def test_who_may_copy_but_not_change_stays_in_the_list(make_report: MakeReport) -> None:
    report = make_report("Sales", owner=User.objects.create_superuser("boss"))
    assert act(client_with("view_report", "add_report"), "copy", report, follow=False)["Location"].endswith("/report/")
    assert Report.objects.filter(name="Copy of Sales").exists()


def test_a_copy_is_off_and_has_all_but_the_subscribers(admin_client: Client, make_report: MakeReport) -> None:
    report = make_report("Sales", "ada@example.com", period="last_month", files="both")
    ReportSection.objects.create(report=report, position=3, kind="text", text="Hello {report}")
    answer = act(admin_client, "copy", report, follow=False)
    copy = Report.objects.get(name="Copy of Sales")
    assert answer["Location"] == f"/admin/reporter/report/{copy.pk}/change/"
    assert (copy.is_enabled, copy.period, copy.files, str(copy.owner)) == (False, "last_month", "both", "admin")
    assert list(copy.sections.values_list("dataset", "text")) == [("people", ""), ("", "Hello {report}")]
    assert (copy.subscriptions.count(), report.sections.count(), report.subscriptions.count()) == (0, 2, 1)
    act(admin_client, "copy_with_subscribers", report)
    second = Report.objects.get(name="Copy of Sales (2)")
    assert second.subscriptions.get().recipient.address == "ada@example.com"
    assert notes_on(second) == ["Copied from “Sales”."]
    assert publish(EIGHT).sent == 1  # the copies send nothing


def test_the_board_says_of_the_days_of_a_pause_who_wanted_it_and_why(make_report: MakeReport, boss: User) -> None:
    report = make_report("Sales", next_due_at=EIGHT + DAY)
    control.pause(report, boss, date(2026, 11, 26), "stock-taking", EIGHT)
    words = "Paused by boss until 2026-11-26 00:00. stock-taking"
    told = [[(line.state, line.words) for line in board((EIGHT + n * DAY).date(), EIGHT)] for n in (1, 2, 3)]
    assert told == [[("skipped", words)], [("skipped", words)], [("to_come", "")]]
    control.resume(report, boss, EIGHT + DAY + timedelta(hours=1))
    later = EIGHT + 3 * DAY
    assert [line.state for line in board((EIGHT + DAY).date(), later)] == ["skipped"]
    assert "paused" not in str([line.words for line in board((EIGHT + 2 * DAY).date(), later)]).lower()


def test_the_page_of_a_report_pauses_and_copies_it(admin_client: Client, make_report: MakeReport) -> None:
    report = make_report("Sales", next_due_at=timezone.now() + DAY)
    address = f"/admin/reporter/report/{report.pk}/change/"
    page = admin_client.get(address).content.decode()
    assert f"/admin/reporter/report/pause/?report={report.pk}" in page
    assert press(admin_client, page, "copy") == 302
    assert Report.objects.count() == 2
    report.paused_until = timezone.now() + DAY
    report.save()
    page = admin_client.get(address).content.decode()
    assert "report/pause/" not in page
    assert press(admin_client, page, "resume") == 302
    report.refresh_from_db()
    assert not report.is_paused(timezone.now())


def press(client: Client, page: str, action: str) -> int:
    """The button of the page, with all that its form holds."""
    form = next(form for form in page.split("<form")[1:] if f'name="action" value="{action}"' in form)
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form.split("</form>")[0]))
    return client.post("/admin/reporter/report/", fields).status_code
