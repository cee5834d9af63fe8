"""The morning board: every due moment of a day, in one state each, with what to do next."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from reporter import control
from reporter.board import Line, State, board, tally
from reporter.models import Delivery, Edition, Report
from reporter.publishing import publish
from reporter.week import week_ahead
from tests.reporter.conftest import EIGHT, MakeReport, People
from tests.reporter.staff import logged_in, person

pytestmark = pytest.mark.django_db

MONDAY = EIGHT.date()


def states(day: date = MONDAY, now: Any = EIGHT + timedelta(hours=1)) -> dict[str, State]:
    return {line.report.name: line.state for line in board(day, now)}


def line_of(report: Report, now: Any = EIGHT + timedelta(hours=1), day: date = MONDAY) -> Line:
    return next(line for line in board(day, now) if line.report == report)


def test_a_report_is_there_before_it_is_due_and_in_each_state_after(make_report: MakeReport) -> None:
    make_report("Sales", "ada@example.com")
    assert states(now=EIGHT - timedelta(hours=8)) == {"Sales": State.TO_COME}
    assert states(now=EIGHT + timedelta(minutes=1)) == {"Sales": State.WAITING}
    assert states(now=EIGHT + timedelta(minutes=16)) == {"Sales": State.LATE}
    publish(EIGHT)
    assert states() == {"Sales": State.SENT}
    for delivery, edition, wanted in (
        ("unknown", "partly_sent", State.UNKNOWN),
        ("failed", "partly_sent", State.PARTLY),
        ("failed", "failed", State.FAILED),
        ("skipped", "skipped", State.SKIPPED),
    ):
        Delivery.objects.update(state=delivery)
        Edition.objects.update(state=edition)
        assert states() == {"Sales": wanted}
    Delivery.objects.update(state="pending")
    Edition.objects.update(state="sending")
    assert states(now=EIGHT + timedelta(minutes=5)) == {"Sales": State.WAITING}
    assert states(now=EIGHT + timedelta(minutes=20)) == {"Sales": State.LATE}
    Edition.objects.update(hold="person", hold_reason="Held by Ann. Wrong prices")
    assert line_of(Report.objects.get()).words == "Held by Ann. Wrong prices"


def test_a_mail_that_somebody_wants_later_makes_nothing_late(make_report: MakeReport) -> None:
    report = make_report("Sales", "ada@example.com", "bob@example.com")
    report.subscriptions.filter(recipient__address="bob@example.com").update(send_time="17:00")
    publish(EIGHT)
    line = line_of(report, EIGHT + timedelta(hours=3))
    assert (line.state, line.words) == (State.WAITING, "1 of 2 people · pending: 1")


def test_days_are_those_of_each_reports_zone(make_report: MakeReport) -> None:
    shanghai = make_report("Far", "ada@example.com", zone="Asia/Shanghai", next_due_at=None)
    shanghai.reschedule(EIGHT)
    shanghai.save()
    assert states(MONDAY) == {}
    line = line_of(shanghai, EIGHT, MONDAY + timedelta(days=1))
    assert (line.state, f"{line.at:%d %H:%M}") == (State.TO_COME, "24 08:00")


def test_a_day_that_was_missed_says_which_edition_stands_for_it(make_report: MakeReport, admin_client: Client) -> None:
    report = make_report("Sales", "ada@example.com")
    publish(EIGHT + timedelta(days=2))
    line = line_of(report)
    assert (line.state, line.words) == (State.SKIPPED, "Nothing was running. The edition of 2026-11-25 stands for it.")
    assert states(MONDAY + timedelta(days=2), EIGHT + timedelta(days=2, hours=1)) == {"Sales": State.SENT}
    page = admin_client.get(reverse("admin:reporter_board", query={"day": MONDAY})).content.decode()
    assert f"/admin/reporter/report/{report.pk}/past/?first={MONDAY}&amp;last={MONDAY}" in page


def test_a_report_that_comes_very_often_says_that_not_all_is_shown(make_report: MakeReport) -> None:
    minutes = [f"{hour:02}:{minute:02}" for hour in range(24) for minute in (0, 15, 30, 45)]
    make_report("Often", "ada@example.com", times=minutes, next_due_at=EIGHT)
    lines = board(MONDAY, EIGHT - timedelta(minutes=1))
    assert len(lines) == 51
    assert lines[-1].words == "It is due further times on this day: no more than 50 are shown."
    assert [row.is_cut for row in week_ahead(EIGHT)[-1].rows].count(True) == 1


def test_reports_that_are_off_have_no_line_and_unreadable_ones_say_so(make_report: MakeReport) -> None:
    make_report("Off", is_enabled=False)
    make_report("Odd")
    Report.objects.filter(name="Odd").update(zone="Mars/Olympus")
    assert states() == {"Odd": State.FAILED}


@pytest.mark.parametrize("count", [2, 12])
def test_the_board_costs_the_same_queries_for_any_number_of_reports(
    count: int, make_report: MakeReport, django_assert_num_queries: Any
) -> None:
    for number in range(count):
        make_report(f"Report {number}", "ada@example.com")
    publish(EIGHT)
    with django_assert_num_queries(4):
        lines = board(MONDAY, EIGHT)
    assert tally(lines) == [(State.SENT, count)]


def test_what_to_do_next_is_one_click_away_for_those_who_may(make_report: MakeReport, people: People) -> None:
    make_report("Sales", "ada@example.com")
    publish(EIGHT)
    edition = Edition.objects.get()
    everything = (
        *("resend_delivery", "send_report", "approve_edition", "hold_edition", "change_report", "correct_edition"),
        "preview_report",
    )
    may, others = logged_in(person(*everything, name="may")), logged_in(person(name="others"))
    address = reverse("admin:reporter_board", query={"day": MONDAY})
    for delivery, values, page in (
        ("unknown", {"state": "partly_sent"}, "decide"),
        ("failed", {"state": "partly_sent"}, "resend"),
        ("failed", {"state": "failed", "built_at": None}, "build_again"),
        ("sent", {"state": "sent", "built_at": EIGHT}, "correct"),
        ("pending", {"state": "built", "hold": "approval"}, "release"),
    ):
        Delivery.objects.update(state=delivery)
        Edition.objects.update(**values)
        step = reverse(f"admin:reporter_edition_{page}", args=[edition.pk])
        assert step in may.get(address).content.decode()
        assert step not in others.get(address).content.decode()


def test_the_board_is_filtered_by_state_and_a_day_that_is_none_is_today(
    make_report: MakeReport, admin_client: Client
) -> None:
    make_report("Sales", "ada@example.com")
    publish(EIGHT)
    make_report("Costs", next_due_at=EIGHT)
    with time_machine.travel(EIGHT + timedelta(hours=1), tick=False):
        page = admin_client.get(reverse("admin:reporter_board", query={"state": "sent", "day": "x"})).content.decode()
        first = admin_client.get("/admin/").content.decode()
    assert "sent: 1" in page
    assert "late: 1" in page
    assert "Costs" not in page
    assert "1 report is overdue" in first


def test_the_first_page_says_what_is_wrong_with_reports(make_report: MakeReport, admin_client: Client) -> None:
    make_report("Sales", "ada@example.com")
    publish(EIGHT)
    with time_machine.travel(EIGHT + timedelta(minutes=30), tick=False):
        assert "no report is late or held" in admin_client.get("/admin/").content.decode()
        Delivery.objects.update(state="pending", server_reply="the mail server cannot be used")
        page = admin_client.get("/admin/").content.decode()
        assert "1 mail is late" in page
        assert "the mail server cannot be used" in page
        Delivery.objects.update(state="unknown")
        Edition.objects.update(state="partly_sent")
        page = admin_client.get("/admin/").content.decode()
        assert "1 delivery is unknown" in page
        assert "1 report failed or reached only some" in page


# --- The week ahead ---


def test_the_week_ahead_says_who_gets_what_when(make_report: MakeReport, django_assert_num_queries: Any) -> None:
    report = make_report("Sales", "ada@example.com", "bob@example.com")
    report.subscriptions.filter(recipient__address="bob@example.com").update(send_time="17:00", weekdays=[0, 1])
    make_report(
        "Costs", "ada@example.com", times=["09:00"], weekdays=[4], next_due_at=EIGHT + timedelta(days=4, hours=1)
    )
    make_report("Idle", weekdays=[6], next_due_at=EIGHT + timedelta(days=6))
    with django_assert_num_queries(4):
        days = week_ahead(EIGHT - timedelta(minutes=1))
    told = {
        f"{day.day:%a}": [(f"{row.at:%H:%M}", row.report.name, [p.name for p in row.people]) for row in day.rows]
        for day in days
    }
    assert told["Mon"] == [("08:00", "Sales", ["ada"]), ("17:00", "Sales", ["bob"])]
    assert told["Wed"] == [("08:00", "Sales", ["ada"])]
    assert told["Fri"] == [("08:00", "Sales", ["ada"]), ("09:00", "Costs", ["ada"])]
    assert told["Sun"] == [("08:00", "Idle", []), ("08:00", "Sales", ["ada"])]
    assert [row.report.name for day in week_ahead(EIGHT, "BOB@") for row in day.rows] == ["Sales"] * 2


def test_the_week_ahead_is_a_page(make_report: MakeReport, admin_client: Client) -> None:
    make_report("Sales", *(f"p{n}@example.com" for n in range(9)))
    Report.objects.update(next_due_at=EIGHT + timedelta(days=1))
    with time_machine.travel(EIGHT, tick=False):
        page = admin_client.get(reverse("admin:reporter_week")).content.decode()
    assert "and 3 others" in page
    assert "Tuesday" in page


def test_send_now_is_on_the_board_of_its_day(make_report: MakeReport) -> None:
    report = make_report("Sales", "ada@example.com", next_due_at=EIGHT + timedelta(days=9))
    boss = User.objects.create_superuser("boss")
    control.send_now(report, boss, "", EIGHT)
    line = line_of(report)
    assert (line.state, line.words) == (State.LATE, "a person · It is being built, or waits for it.")
