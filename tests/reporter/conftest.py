from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from reporter.datasets import base
from reporter.datasets.base import Table
from reporter.models import Recipient, Report, ReportSection, Subscription
from reporter.periods import Period
from tests.reporter.smtp import Behaviour, TestServer

# A Monday; reports of the tests are due at this moment.
EIGHT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

MakeReport = Callable[..., Report]


@pytest.fixture(autouse=True)
def mail_into_files(settings: Any, tmp_path: Path) -> Path:
    """Mails and files of a test go into its own folder. Returns the outbox."""
    settings.MAIL_SERVER = None
    settings.MAIL_PROBLEM = ""
    settings.MAIL_OUTBOX = tmp_path / "outbox"
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.DEFAULT_FROM_EMAIL = "Reports <reports@example.com>"
    return settings.MAIL_OUTBOX


class People:
    """A dataset whose behaviour a test sets."""

    def __init__(self) -> None:
        self.calls: list[Period] = []
        self.error: BaseException | None = None
        self.rows: list[list[Any]] = [["Ada", 3], ["=cmd()", 4]]

    def __call__(self, period: Period) -> Table:
        self.calls.append(period)
        if self.error:
            raise self.error
        return Table(["Name", "Amount"], self.rows)


@pytest.fixture
def people(monkeypatch: pytest.MonkeyPatch) -> People:
    """The dataset ``people``."""
    base.find("people")  # discovers what there is, before the test adds to it
    people = People()
    monkeypatch.setitem(base._registered, "people", base.Dataset("people", "People", people))
    return people


@pytest.fixture
def make_report(people: People, db: None) -> MakeReport:
    """``make_report("Sales", "ada@example.com", …)``: a report with one section, due at EIGHT."""

    def make(name: str = "Sales", *addresses: str, datasets: tuple[str, ...] = ("people",), **values: Any) -> Report:
        owner, _new = User.objects.get_or_create(username="owner", defaults={"is_superuser": True})  # may see all
        timetable: dict[str, Any] = {"times": values.pop("times", ["08:00"])}
        if weekdays := values.pop("weekdays", None):
            timetable["weekdays"] = weekdays
        defaults = {"owner": owner, "zone": "UTC", "timetable_data": timetable, "next_due_at": EIGHT}
        report = Report.objects.create(name=name, **(defaults | values))
        for position, key in enumerate(datasets):
            ReportSection.objects.create(report=report, position=position, dataset=key)
        for address in addresses:
            recipient, _new = Recipient.objects.get_or_create(address=address, defaults={"name": address.split("@")[0]})
            Subscription.objects.create(report=report, recipient=recipient)
        return report

    return make


@pytest.fixture
def mail_server(settings: Any) -> Iterator[Behaviour]:
    """A real mail server that EMAIL_URL would name; returns what it does and what it got."""
    server = TestServer()
    server.start()
    settings.MAIL_SERVER = server.address()
    try:
        yield server.behaviour
    finally:
        server.stop()
