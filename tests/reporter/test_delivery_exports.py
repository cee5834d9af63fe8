"""What was sent to whom, as a file: exactly the rows of the list, harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from reporter.models import Delivery
from reporter.publishing import publish
from tests.reporter.conftest import EIGHT, MakeReport

pytestmark = pytest.mark.django_db

LIST = "admin:reporter_delivery_changelist"


@pytest.fixture
def three_days(make_report: MakeReport) -> None:
    make_report("Sales", "ada@example.com", "bob@example.com")
    for day in range(3):
        publish(EIGHT + timedelta(days=day))
    Delivery.objects.filter(name="bob").update(state="failed", server_reply="=HYPERLINK(1)")


def content(client: Client, kind: str, query: dict[str, Any]) -> bytes:
    answer = client.get(reverse("admin:reporter_delivery_export", args=[kind]), query)
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"state__exact": "failed"},
        {"due_at__range__gte": "2026-11-24", "due_at__range__lte": "2026-11-24"},
        {"q": "ada", "o": "1"},
    ],
)
def test_the_file_holds_exactly_what_the_list_shows(
    query: dict[str, Any], three_days: None, admin_client: Client
) -> None:
    shown = admin_client.get(reverse(LIST), query).context["cl"].result_list
    rows = list(csv.DictReader(io.StringIO(content(admin_client, "csv", query).decode("utf-8-sig"), newline="")))
    assert [row["Message-ID"] for row in rows] == [row.message_id for row in shown]
    assert len(rows) == {"": 6, "failed": 3, "2026-11-24": 2, "ada": 3}[next(iter(query.values()), "")]


def test_cells_say_what_is_known_and_cannot_do_anything(three_days: None, admin_client: Client) -> None:
    query = {"state__exact": "failed", "due_at__range__gte": "2026-11-25"}
    (row,) = csv.DictReader(io.StringIO(content(admin_client, "csv", query).decode("utf-8-sig"), newline=""))
    assert row["Report"] == "Sales"
    assert row["Day"] == "2026-11-25"
    assert row["Asked for by"] == "timetable"
    assert row["State"] == "failed"
    assert row["Answer of the server"] == "'=HYPERLINK(1)"
    book = zipfile.ZipFile(io.BytesIO(content(admin_client, "xlsx", query)))
    sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "=HYPERLINK(1)" in sheet


def test_a_filter_that_is_none_leads_back_to_the_list(three_days: None, admin_client: Client) -> None:
    answer = admin_client.get(reverse("admin:reporter_delivery_export", args=["csv"]), {"nonsense": "1"})
    assert answer.status_code == 302
    assert admin_client.get(reverse("admin:reporter_delivery_export", args=["pdf"])).status_code == 404
