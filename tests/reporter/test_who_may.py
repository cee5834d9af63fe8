"""Each thing that people do with reports takes its permission, whatever page or command it is asked for by."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import PermissionDenied

from reporter import control
from reporter.models import (
    Delivery,
    Edition,
    Hold,
    Query,
    Recipient,
    RecipientGroup,
    Report,
    ReportSection,
    ReportTimetableChange,
)
from reporter.models.query import WRITE_SQL
from reporter.publishing import publish
from tests.reporter.conftest import EIGHT, MakeReport

pytestmark = pytest.mark.django_db

DAY = EIGHT.date()


@dataclass
class Things:
    report: Report
    edition: Edition
    delivery: Delivery
    recipient: Recipient
    group: RecipientGroup
    query: Query
    section: ReportSection
    change: ReportTimetableChange


@pytest.fixture
def things(make_report: MakeReport) -> Things:
    report = make_report("Sales", "ada@example.com")
    publish(EIGHT)
    change = control.reschedule(report, report.timetable, EIGHT)
    query = Query.objects.create(name="Numbers", database="SHOP", sql="SELECT 1")
    recipient, group = Recipient.objects.get(), RecipientGroup.objects.create(name="North")
    section = report.sections.get()
    return Things(report, Edition.objects.get(), Delivery.objects.get(), recipient, group, query, section, change)


def release_for_approval(of: Things, user: User) -> None:
    of.edition.hold = Hold.APPROVAL
    control.release(of.edition, user, "", EIGHT)


ASK = tuple(f"reporter.{action}_{model}" for action in ("add", "change") for model in ("report", "reportsection"))

# What is done, with what else it may be asked for, and what it takes: without all of these it is refused.
DONE: dict[str, tuple[tuple[str, ...], Callable[[Things, User], Any]]] = {
    "add_to_group": ((control.CHANGE_GROUP,), lambda of, user: control.add_to_group(of.group, [of.recipient], user)),
    "ask_columns": (ASK, lambda of, user: control.ask_columns(of.section, user, EIGHT)),
    "backfill": (
        (control.BACKFILL,),
        lambda of, user: control.backfill(of.report, [], user, "", EIGHT, first=DAY, last=DAY),
    ),
    "build_again": ((control.SEND,), lambda of, user: control.build_again(of.edition, user, "", EIGHT)),
    "copy_report": ((control.ADD_REPORT,), lambda of, user: control.copy_report(of.report, user)),
    "copy_report, with its subscribers": (
        (control.ADD_SUBSCRIPTION,),
        lambda of, user: control.copy_report(of.report, user, with_subscribers=True),
    ),
    "correct": ((control.CORRECT,), lambda of, user: control.correct(of.edition, user, "Wrong.", EIGHT)),
    "decide": ((control.RESEND,), lambda of, user: control.decide(of.delivery, True, user, "", EIGHT)),
    "delete_query": ((WRITE_SQL,), lambda of, user: control.delete_query(of.query, user)),
    "hand_over": (
        (control.HAND_OVER,),
        lambda of, user: control.hand_over(of.recipient, of.recipient, user, switch_off=False),
    ),
    "hold": ((control.HOLD,), lambda of, user: control.hold(of.edition, user, "", EIGHT)),
    "import_recipients": (
        (control.IMPORT,),
        lambda of, user: control.import_recipients(control.read("address\nx@example.com\n"), user, "", "x.csv"),
    ),
    "look_at": ((control.IMPORT,), lambda of, user: control.look_at(control.read("address\nx@example.com\n"), user)),
    "pause": (
        (control.CHANGE_REPORT,),
        lambda of, user: control.pause(of.report, user, DAY + timedelta(days=9), "", EIGHT),
    ),
    "preview": ((control.PREVIEW,), lambda of, user: control.preview(of.report, DAY, None, user, EIGHT)),
    "put_back": ((control.CHANGE_REPORT,), lambda of, user: control.put_back(of.report, of.change, EIGHT, by=user)),
    "put_back_query": ((WRITE_SQL,), lambda of, user: control.put_back_query(of.query, 0, user)),
    "release": ((control.HOLD,), lambda of, user: control.release(of.edition, user, "", EIGHT)),
    "release, which approves it": ((control.APPROVE,), release_for_approval),
    "reschedule": (
        (control.CHANGE_REPORT,),
        lambda of, user: control.reschedule(of.report, of.report.timetable, EIGHT, by=user),
    ),
    "resend": ((control.RESEND,), lambda of, user: control.resend(of.delivery, user, "", EIGHT)),
    "resume": ((control.CHANGE_REPORT,), lambda of, user: control.resume(of.report, user, EIGHT)),
    "save_query": ((WRITE_SQL,), lambda of, user: control.save_query(of.query, user)),
    "send_now": ((control.SEND,), lambda of, user: control.send_now(of.report, user, "", EIGHT)),
    "send_test": ((control.TEST,), lambda of, user: control.send_test(of.report, DAY, user, EIGHT)),
    "take_out_of_group": (
        (control.CHANGE_GROUP,),
        lambda of, user: control.take_out_of_group(of.group, [of.recipient], user),
    ),
    "translate_columns": (ASK, lambda of, user: control.translate_columns(of.section, user, EIGHT)),
    "try_now": ((control.RESEND,), lambda of, user: control.try_now(of.edition, user, "", EIGHT)),
    "try_query": ((WRITE_SQL,), lambda of, user: control.try_query(user, "SHOP", "SELECT 1", {})),
}

# They only tell what somebody may.
TELLING = {"may_see", "problem_with", "unseen"}


@pytest.mark.parametrize("what", DONE)
def test_whoever_has_every_permission_but_that_one_is_refused(what: str, things: Things) -> None:
    permissions, do = DONE[what]
    user = User.objects.create_user("ann", "ann@example.com", is_staff=True)
    codenames = [name.removeprefix("reporter.") for name in permissions]
    user.user_permissions.set(Permission.objects.exclude(codename__in=codenames))
    with pytest.raises(PermissionDenied):
        do(things, user)


def test_nothing_that_people_do_is_left_out_here() -> None:
    functions = {name: getattr(control, name) for name in control.__all__ if inspect.isfunction(getattr(control, name))}
    of_people = {name for name, found in functions.items() if {"user", "by"} & {*inspect.signature(found).parameters}}
    assert of_people - TELLING == {what.split(",")[0] for what in DONE}


@pytest.mark.parametrize("what", ["preview", "send_test"])
def test_what_a_report_tells_is_shown_to_those_who_may_see_its_data(
    what: str, things: Things, monkeypatch: pytest.MonkeyPatch
) -> None:
    _permissions, do = DONE[what]
    user = User.objects.create_user("ann", "ann@example.com", is_staff=True)
    user.user_permissions.set(Permission.objects.all())
    monkeypatch.setattr("reporter.control.rights.refused", lambda report, by: ["People"])
    with pytest.raises(PermissionDenied, match="People"):
        do(things, user)
