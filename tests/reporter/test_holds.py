"""A hold is set, lifted and given up as it was seen: what somebody has changed meanwhile stays as they left it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from reporter import building, control, holds
from reporter.models import Delivery, Edition, Hold, Report, Why
from reporter.publishing import publish
from reporter.summary import Summary
from tests.reporter.conftest import EIGHT, MakeReport

pytestmark = pytest.mark.django_db

LATE = EIGHT + max(holds.LONGEST.values())


@pytest.fixture
def boss() -> User:
    return User.objects.create_superuser("boss")


@pytest.fixture
def built(make_report: MakeReport, settings: Any) -> Edition:
    """It waits for the mail server, whose address is wrong."""
    make_report("Sales", "ada@example.com")
    settings.MAIL_PROBLEM = "it names no host"
    publish(EIGHT)
    Report.objects.update(is_enabled=False)
    return Edition.objects.get()


def of(edition: Edition) -> tuple[str, str, str]:
    now = Edition.objects.get(pk=edition.pk)
    return now.state, now.hold, now.hold_reason


def held_as(edition: Edition, hold: Hold, *, state: str = "built") -> Edition:
    """The edition as somebody reads it who is about to do something."""
    Edition.objects.filter(pk=edition.pk).update(state=state, hold=hold, hold_reason="wrong prices", held_at=EIGHT)
    return Edition.objects.get(pk=edition.pk)


def test_what_is_let_go_is_as_if_it_had_never_been_held(built: Edition, boss: User, settings: Any) -> None:
    control.hold(built, boss, "wrong prices", EIGHT)
    held = Edition.objects.get()
    assert (held.state, held.hold, held.held_at) == ("built", "person", EIGHT)
    control.release(held, boss, "", EIGHT)
    let_go = Edition.objects.get()
    assert (let_go.state, let_go.hold, let_go.hold_reason, let_go.held_at) == ("built", "", "", None)
    assert Delivery.objects.get().state == "pending"
    settings.MAIL_PROBLEM = ""
    assert publish(EIGHT + timedelta(minutes=5)).sent == 1


@pytest.mark.parametrize("other", [Hold.OWNER, Hold.APPROVAL])
def test_another_hold_that_has_taken_the_place_of_one_is_not_lifted_with_it(
    other: Hold, built: Edition, boss: User
) -> None:
    seen = held_as(built, Hold.PERSON)
    held_as(built, other)
    with pytest.raises(control.NotSent, match="not held any more"):
        control.release(seen, boss, "", EIGHT)
    assert of(built) == ("built", other, "wrong prices")


def test_what_is_finished_is_neither_held_nor_let_go(built: Edition, boss: User) -> None:
    seen = held_as(built, Hold.PERSON)
    Edition.objects.update(state="skipped")
    with pytest.raises(control.NotSent):
        control.release(seen, boss, "", EIGHT)
    assert of(built) == ("skipped", "person", "wrong prices")
    Edition.objects.update(state="sent", hold="", hold_reason="")
    with pytest.raises(control.NotSent):
        control.hold(built, boss, "", EIGHT)
    assert of(built) == ("sent", "", "")


def test_want_of_rights_holds_from_then_on_what_is_free(built: Edition) -> None:
    Report.objects.update(owner=None)
    assert not holds.may_go_on(Edition.objects.get(), LATE, Summary())
    assert of(built)[:2] == ("built", "owner")
    assert Edition.objects.get(pk=built.pk).held_at == LATE


@pytest.mark.parametrize(("state", "hold"), [("built", Hold.PERSON), ("sent", "")])
def test_want_of_rights_takes_the_place_of_no_other_hold_and_holds_nothing_that_is_finished(
    state: str, hold: Any, built: Edition
) -> None:
    Report.objects.update(owner=None)
    seen = Edition.objects.get()
    held_as(built, hold, state=state)
    assert not holds.may_go_on(seen, EIGHT, Summary())
    assert of(built) == (state, hold, "wrong prices")
    assert not Edition.objects.filter(why=Why.NOTICE).exists()


@pytest.mark.parametrize("state", ["pending", "built", "sending"])
def test_what_was_let_go_at_the_last_moment_is_not_given_up(state: str, built: Edition, boss: User) -> None:
    seen = held_as(built, Hold.PERSON, state=state)
    control.release(seen, boss, "", LATE)
    holds._give_up(seen, LATE, Summary())
    assert of(built) == (state, "", "")
    assert Delivery.objects.get().state == "pending"


def test_what_is_given_up_is_held_no_more(built: Edition) -> None:
    held_as(built, Hold.PERSON)
    publish(LATE)
    assert of(built) == ("skipped", "", "")
    assert "wrong prices" in Delivery.objects.get(edition=built).server_reply


def test_what_is_being_built_is_not_given_up_but_stays_held(built: Edition) -> None:
    held_as(built, Hold.PERSON, state="building")
    Edition.objects.update(claimed_until=LATE + timedelta(minutes=9))
    publish(LATE)
    assert of(built) == ("building", "person", "wrong prices")


def test_what_a_builder_that_died_has_left_behind_is_given_up_too(built: Edition) -> None:
    Delivery.objects.all().delete()
    held_as(built, Hold.PERSON, state="building")
    Edition.objects.update(claimed_until=LATE)
    assert "wrong prices" in publish(LATE).text()
    assert of(built)[:2] == ("skipped", "")
    assert "held for 7 days. wrong prices" in Edition.objects.get(pk=built.pk).outcome


def test_what_is_being_built_by_the_time_that_it_would_be_given_up_stays_held(built: Edition) -> None:
    seen = held_as(built, Hold.PERSON, state="sending")
    held_as(built, Hold.PERSON, state="building")
    Edition.objects.update(claimed_until=LATE + timedelta(minutes=9))
    holds._give_up(seen, LATE, Summary())
    assert of(built) == ("building", "person", "wrong prices")


def test_what_somebody_holds_before_a_builder_takes_it_is_not_built(built: Edition) -> None:
    Edition.objects.update(state="pending", claimed_by=None, attempts=0)
    seen = Edition.objects.get()
    held_as(built, Hold.PERSON, state="pending")
    assert not building.claim(seen, EIGHT, Summary())
    assert of(built) == ("pending", "person", "wrong prices")


def test_why_somebody_holds_what_is_being_built_is_told_to_who_has_to_approve_it(
    make_report: MakeReport, boss: User
) -> None:
    make_report("Sales", "ada@example.com", needs_approval=True)
    publish(EIGHT, budget=0)
    edition = Edition.objects.get()
    assert building.claim(edition, EIGHT, Summary())
    control.hold(edition, boss, "wrong prices", EIGHT)
    assert building.store(edition, building.build(edition), EIGHT, seconds=1)
    assert of(edition) == ("built", "approval", "Somebody has to approve it. Held by boss. wrong prices")
