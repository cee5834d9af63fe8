"""An edition is built once, by one process; what fails is tried again, said, and holds up no other."""

from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from reporter import building
from reporter.building import CLAIM, MAX_ATTEMPTS
from reporter.models import Delivery, Edition, EditionFile, EditionState, Recipient
from reporter.publishing import publish
from reporter.summary import Summary
from tests.reporter.conftest import EIGHT, MakeReport, People

pytestmark = pytest.mark.django_db


def test_a_failing_build_is_tried_again_and_then_fails_in_words(make_report: MakeReport, people: People) -> None:
    make_report("Sales", "ada@example.com")
    people.error = ZeroDivisionError("no sales")
    now = EIGHT
    for attempt in range(1, MAX_ATTEMPTS + 1):
        summary = publish(now)
        edition = Edition.objects.get()
        assert edition.attempts == attempt
        assert summary.needs_a_person
        now = edition.next_attempt_at
    assert edition.state == "failed"
    assert edition.problem == "It could not be built in 3 attempts: ZeroDivisionError: no sales"
    publish(now + timedelta(days=1) - timedelta(hours=9))
    assert len(people.calls) == MAX_ATTEMPTS


def test_a_failing_build_holds_up_no_other_report(make_report: MakeReport, people: People) -> None:
    make_report("A", "ada@example.com")
    make_report("B", "ada@example.com", datasets=("deliveries",))
    people.error = RuntimeError("broken")
    summary = publish(EIGHT)
    assert dict(Edition.objects.values_list("report__name", "state")) == {"A": "pending", "B": "sent"}
    assert summary.sent == 1


def test_a_build_that_fails_once_is_made_up_for(make_report: MakeReport, people: People) -> None:
    make_report("Sales", "ada@example.com")
    people.error = RuntimeError("broken")
    publish(EIGHT)
    people.error = None
    publish(EIGHT + timedelta(minutes=5))
    edition = Edition.objects.get()
    assert (edition.state, edition.problem) == ("sent", "")


def test_a_builder_that_died_is_taken_over_after_its_claim(make_report: MakeReport, people: People) -> None:
    make_report("Sales", "ada@example.com")
    publish(EIGHT, budget=0)
    assert building.claim(Edition.objects.get(), EIGHT, Summary())
    publish(EIGHT + CLAIM - timedelta(seconds=1))
    assert Edition.objects.get().state == "building"
    publish(EIGHT + CLAIM)
    assert Edition.objects.get().state == "sent"
    assert len(people.calls) == 1


def test_an_edition_that_kills_its_builders_fails_in_the_end(make_report: MakeReport) -> None:
    make_report("Sales", "ada@example.com")
    publish(EIGHT, budget=0)
    now = EIGHT
    for _death in range(MAX_ATTEMPTS):
        assert building.claim(Edition.objects.get(), now, Summary())
        now += CLAIM
    summary = publish(now)
    edition = Edition.objects.get()
    assert edition.state == "failed"
    assert "broken off 3 times" in edition.problem
    assert summary.needs_a_person
    assert "Sales · 2026-11-23: Its building was broken off 3 times" in summary.text()


def test_of_two_builders_that_read_the_same_one_claims(make_report: MakeReport) -> None:
    make_report("Sales", "ada@example.com")
    publish(EIGHT, budget=0)
    first, second = Edition.objects.get(), Edition.objects.get()
    assert building.claim(first, EIGHT, Summary())
    assert not building.claim(second, EIGHT, Summary())


def test_a_builder_that_lost_its_claim_stores_nothing(make_report: MakeReport, settings: Any) -> None:
    make_report("Sales", "ada@example.com")
    publish(EIGHT, budget=0)
    edition = Edition.objects.get()
    building.claim(edition, EIGHT, Summary())
    built = building.build(edition)
    Edition.objects.update(claimed_by=uuid.uuid4())
    assert not building.store(edition, built, EIGHT, seconds=1)
    assert not Delivery.objects.exists()
    assert not EditionFile.objects.exists()
    assert not [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def test_a_section_without_its_dataset_is_said_in_the_mail(make_report: MakeReport) -> None:
    make_report("Sales", "ada@example.com", datasets=("people", "orders"))
    summary = publish(EIGHT)
    edition = Edition.objects.get()
    assert edition.state == "sent"
    for place in (edition.html, edition.text, edition.problem, summary.text()):
        assert "The dataset “orders” of this section is not there any more." in place
    assert "Ada" in edition.text


def test_an_edition_stays_as_it_was_built(make_report: MakeReport, people: People) -> None:
    report = make_report("Sales", "ada@example.com")
    server_down = Edition.objects.all()
    publish(EIGHT)
    before = server_down.values("subject", "html", "text").get()
    report.refresh_from_db()
    report.name, report.intro = "Renamed", "Other words"
    report.save()
    Recipient.objects.update(address="other@example.com", name="Other")
    people.rows = []
    publish(EIGHT + timedelta(minutes=5))
    assert server_down.values("subject", "html", "text").get() == before
    assert Delivery.objects.get().address == "ada@example.com"
    assert len(people.calls) == 1


def test_files_are_stored_with_their_hash(make_report: MakeReport) -> None:
    make_report("Sales", "ada@example.com")
    publish(EIGHT)
    file = EditionFile.objects.get()
    with file.file.open("rb") as stream:
        content = stream.read()
    assert content == "\ufeffName,Amount\r\nAda,3\r\n'=cmd(),4\r\n".encode()
    assert file.size == len(content)
    assert len(file.sha256) == 64


def test_a_file_that_was_changed_is_not_sent(make_report: MakeReport) -> None:
    make_report("Sales", "ada@example.com")
    report_built = publish(EIGHT, budget=0)
    assert report_built.sent == 0
    edition = Edition.objects.get()
    building.claim(edition, EIGHT, Summary())
    building.store(edition, building.build(edition), EIGHT, seconds=1)
    Path(EditionFile.objects.get().file.path).write_bytes(b"other")
    publish(EIGHT)
    delivery = Delivery.objects.get()
    assert delivery.state == "pending"
    assert "is not what it was" in delivery.server_reply


def test_the_quick_report_is_sent_before_the_large_one_is_built(make_report: MakeReport, people: People) -> None:
    make_report("Large", "ada@example.com", build_seconds=600)
    make_report("Small", "ada@example.com", build_seconds=1, datasets=("deliveries",))
    sent_before: list[int] = []

    def look(period: Any) -> Any:
        sent_before.append(Delivery.objects.filter(state="sent").count())
        return people(period)

    from reporter.datasets import base

    base._registered["people"] = base.Dataset("people", "People", look)
    publish(EIGHT)
    assert sent_before == [1]


def test_a_report_that_is_slow_to_fail_is_not_the_first_again(
    make_report: MakeReport, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = make_report("Slow", "ada@example.com")
    people.error = RuntimeError("broken")
    ticks = iter(range(0, 100_000, 600))
    monkeypatch.setattr(building, "time", SimpleNamespace(monotonic=lambda: next(ticks)))
    publish(EIGHT)
    report.refresh_from_db()
    assert report.build_seconds == 600


def test_a_report_without_subscribers_says_that_nobody_got_it(make_report: MakeReport) -> None:
    make_report("Sales")
    summary = publish(EIGHT)
    edition = Edition.objects.get()
    assert edition.state == EditionState.SKIPPED
    assert edition.finished_at is not None
    assert "Nobody is subscribed" in edition.problem
    assert "1 report was for nobody" in summary.text()


def test_the_mail_is_in_the_language_of_the_report(make_report: MakeReport) -> None:
    make_report("日报", "ada@example.com", language="zh-hans")
    publish(EIGHT)
    edition = Edition.objects.get()
    assert edition.subject == "日报 · 2026年11月23日"
    assert '<html lang="zh-hans"' in edition.html


def test_a_subject_is_never_run_as_a_template(make_report: MakeReport) -> None:
    make_report("Sales", "ada@example.com", subject="{report.owner} {{ report }} {report}\n{date:>9999999}")
    publish(EIGHT)
    assert Edition.objects.get().subject == "{report.owner} { report } Sales {date:>9999999}"
