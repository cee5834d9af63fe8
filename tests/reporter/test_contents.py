"""What an edition holds: its sections, its files, its pictures, and what it says when something is not there."""

from __future__ import annotations

import re
from datetime import date, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from reporter import building, files
from reporter.datasets import base
from reporter.datasets.base import Table
from reporter.models import Edition, EditionFile, Report, ReportSection
from reporter.periods import Period
from reporter.publishing import new_edition, publish
from tests.reporter.conftest import EIGHT, MakeReport, People

pytestmark = pytest.mark.django_db

TOTAL = {"name": "Amount", "total": "sum", "is_compared": True}


def built(report: Report) -> building.Built:
    return building.build(new_edition(report, date(2026, 11, 23), EIGHT, why="person", due_at=EIGHT))


def sections(report: Report, *rows: dict[str, Any]) -> Report:
    report.sections.all().delete()
    for position, values in enumerate(rows):
        ReportSection.objects.create(report=report, position=position, **({"dataset": "people"} | values))
    return report


def mail_in(outbox: Path) -> Any:
    (path,) = outbox.glob("*.eml")
    return message_from_bytes(path.read_bytes(), policy=policy.default)


def test_sections_stand_in_their_order_and_a_dataset_is_asked_once_for_each_period(
    make_report: MakeReport, people: People
) -> None:
    rows = (
        {"kind": "text", "dataset": "", "title": "Hello", "text": "{rows} rows of {period}\nfrom {first_day}"},
        {"kind": "table", "columns": [{"name": "Name"}, TOTAL]},
        {"kind": "bar"},
        {"kind": "table", "columns": [{"name": "Name"}, TOTAL]},
    )
    result = built(sections(make_report("Sales", subject="{rows} people"), *rows))
    assert result.mail.subject == "4 people"
    assert re.findall("^(?:Hello|4 rows.*|from.*|Amount by Name|Total.*)$", result.mail.text, re.MULTILINE) == [
        "Hello", "4 rows of Nov. 22, 2026", "from Nov. 22, 2026",
        "Total   7 (unchanged)", "Amount by Name", "Total   7 (unchanged)",
    ]  # fmt: skip
    assert "4 rows of Nov. 22, 2026<br>from" in result.mail.html
    assert [period.first_day.day for period in people.calls] == [22, 21]
    assert "Compared with Nov. 21, 2026." in result.mail.text
    assert len(result.files) == 3


def test_building_writes_nothing(make_report: MakeReport, django_assert_max_num_queries: Any, settings: Any) -> None:
    report = sections(make_report("Sales", files="both"), {"kind": "bar"}, {"kind": "table"})
    edition = new_edition(report, date(2026, 11, 23), EIGHT, why="person", due_at=EIGHT)
    with django_assert_max_num_queries(1):  # its sections
        building.build(edition)
    assert not Path(settings.MEDIA_ROOT).exists()


def test_a_column_that_is_gone_is_said_at_its_section_and_the_rest_goes_out(
    make_report: MakeReport, people: People
) -> None:
    columns = [{"name": "Name"}, {"name": "Price"}, {"name": "Amount"}]
    sections(make_report("Sales", "ada@example.com"), {"kind": "table", "columns": columns}, {"kind": "table"})
    summary = publish(EIGHT)
    edition = Edition.objects.get()
    assert edition.state == "sent"
    for place in (edition.html, edition.text, edition.problem, summary.text()):
        assert place.count("The column “Price” is not in the data any more.") == 1
    assert "Ada" in edition.text


def test_a_column_less_than_yesterday_is_said_once(make_report: MakeReport, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(columns: list[str]) -> None:
        table = Table(columns, [list(range(len(columns)))])
        monkeypatch.setitem(base._registered, "people", base.Dataset("people", "People", lambda period: table))

    make_report("Sales", "ada@example.com")
    for day, columns in enumerate((["a", "b"], ["a"], ["a"])):
        answer(columns)
        publish(EIGHT + timedelta(days=day))
    problems = list(Edition.objects.order_by("pk").values_list("problem", flat=True))
    assert problems == ["", "People: The column “b” is not in the data any more.", ""]
    assert ReportSection.objects.get().seen_columns == ["a"]


# --- Skip if empty ---


def test_a_report_that_has_nothing_to_tell_is_skipped_if_it_wishes(make_report: MakeReport, people: People) -> None:
    report = make_report("Sales", "ada@example.com", skip_if_empty=True)
    ReportSection.objects.create(report=report, position=9, kind="text", text="Hello")
    people.rows = []
    summary = publish(EIGHT)
    edition = Edition.objects.get()
    assert (edition.state, edition.deliveries.count()) == ("skipped", 0)
    assert edition.finished_at is not None
    assert "nothing to tell: no table and no chart has a row" in edition.problem
    assert "There is nothing to tell for this period." in edition.text  # what would have been sent
    assert "1 report had nothing to tell and was skipped" in summary.text()
    people.rows = [["Ada", 1]]
    assert publish(EIGHT + timedelta(days=1)).sent == 1


def test_nothing_is_skipped_where_it_is_not_wished_or_where_something_is_amiss(
    make_report: MakeReport, people: People
) -> None:
    people.rows = []
    make_report("Plain", "ada@example.com")
    make_report("Amiss", "ada@example.com", skip_if_empty=True, datasets=("people", "orders"))
    sections(make_report("Words", "ada@example.com", skip_if_empty=True), {"kind": "text", "text": "x"})
    make_report("Half", "ada@example.com", skip_if_empty=True, datasets=("people", "deliveries"))
    assert publish(EIGHT).sent == 4


# --- Files ---


@pytest.mark.parametrize(
    ("choice", "endings"), [("none", []), ("csv", ["csv", "csv"]), ("xlsx", ["xlsx"]), ("both", ["csv", "csv", "xlsx"])]
)
def test_a_report_has_the_files_that_were_chosen(make_report: MakeReport, choice: str, endings: list[str]) -> None:
    report = make_report("Sales/日报", files=choice, datasets=("people", "deliveries"))
    sections(report, {"row_limit": 1}, {"dataset": "deliveries"}, {"kind": "text", "text": "x"})
    result = built(report)
    assert [name.rpartition(".")[2] for name, _content in result.files] == endings
    assert ("And 1 more row in the file" in result.mail.text) == bool(endings)


def test_a_file_that_is_too_large_is_linked_to_behind_the_login(
    make_report: MakeReport, people: People, settings: Any, mail_into_files: Path, admin_client: Client
) -> None:
    settings.REPORT_MAX_ATTACHMENT_MB = 1
    people.rows = [[f"{n:x>99}", n] for n in range(10_000)]
    make_report("Large", "ada@example.com", datasets=("deliveries", "people"))
    assert publish(EIGHT).sent == 1
    edition = Edition.objects.get()
    assert list(edition.files.values_list("is_attached", flat=True)) == [True, False]
    mail = mail_in(mail_into_files)
    assert [part.get_filename() for part in mail.iter_attachments()] == ["1-Deliveries-2026-11-23.csv"]
    address = files.address_of(edition, 2)
    assert address == settings.SITE_URL + reverse("admin:reporter_edition_file", args=[edition.pk, 2])
    for body in (edition.html, edition.text):
        assert address in body
        assert "is too large for a mail" in body
    page = address.removeprefix(settings.SITE_URL)
    assert Client().get(page).status_code == 302
    assert admin_client.get(page).getvalue().count(b"\r\n") == 10_001


# --- Pictures ---


def test_a_chart_is_sent_within_the_mail_and_kept_as_it_was_sent(
    make_report: MakeReport, mail_into_files: Path, admin_client: Client
) -> None:
    sections(make_report("Chart", "ada@example.com", files="xlsx"), {"kind": "bar"})
    assert publish(EIGHT).sent == 1
    mail = mail_in(mail_into_files)
    assert mail.get_content_type() == "multipart/mixed"
    related = next(part for part in mail.walk() if part.get_content_type() == "multipart/related")
    html, picture = related.iter_parts()
    assert picture.get_content_type() == "image/png"
    assert picture["Content-Disposition"].content_disposition == "inline"
    assert f'src="cid:{picture["Content-ID"].strip("<>")}"' in html.get_content()
    (shown,) = re.findall("<img [^>]*>", html.get_content())
    assert re.search(r'width="640" height="\d+"', shown)
    assert 'alt="People. Amount by Name. Ada: 3; =cmd(): 4"' in shown
    (book,) = mail.iter_attachments()
    assert book.get_content_type().endswith("spreadsheetml.sheet")
    kept = EditionFile.objects.pictures().get()
    with kept.file.open("rb") as stream:
        assert stream.read() == picture.get_content()
    page = admin_client.get(f"/admin/reporter/edition/{kept.edition_id}/mail/")
    assert "cid:" not in page.content.decode()
    assert 'src="data:image/png;base64,iVBOR' in page.content.decode()
    files_shown = admin_client.get(f"/admin/reporter/edition/{kept.edition_id}/change/").content.decode()
    assert "chart-2.png" not in files_shown
    assert "Chart-2026-11-23.xlsx" in files_shown


def test_the_mail_of_a_chinese_report_is_all_chinese(make_report: MakeReport, people: People) -> None:
    people.rows = [["北京", 12345], ["上海", -3]]
    rules = [{"colour": "red", "operator": "<", "value": "0"}]
    columns = [{"name": "Name", "heading": "城市"}, TOTAL | {"heading": "数量", "rules": rules}, {"name": "Price"}]
    rows = (
        {"title": "表", "columns": columns, "row_limit": 1},
        {"kind": "share", "title": "图", "columns": columns[:2]},
    )
    result = built(sections(make_report("日报", language="zh-hans"), *rows))
    text = re.sub(r"\S+\.csv|https?:\S+|UTC|Price", "", result.mail.text)
    assert re.findall("[A-Za-z]{2,}", text) == []
    assert "12,345" in text


def test_hostile_values_make_a_mail_that_arrives(
    make_report: MakeReport, people: People, mail_into_files: Path
) -> None:
    evil = ["<script>alert(1)</script>", "\x00\x01\ud800", "x" * 200_000, b"\xff", float("nan"), 10**5000, None]
    people.rows = [[value, number] for number, value in enumerate(evil)]
    sections(make_report("Evil", "ada@example.com", files="both"), {"kind": "table"}, {"kind": "bar"}, {"kind": "line"})
    assert publish(EIGHT).sent == 1
    edition = Edition.objects.get()
    assert "<script>" not in edition.html
    assert len(edition.html) < 100_000
    assert mail_in(mail_into_files).get_body(("html",))


def test_many_columns_and_rows_make_a_mail_of_bearable_size(
    make_report: MakeReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [[number * place for place in range(50)] for number in range(2_000)]

    def large(period: Period) -> Table:
        return Table([f"c{place}" for place in range(50)], rows)

    monkeypatch.setitem(base._registered, "large", base.Dataset("large", "Large", large))
    result = built(make_report("Large", datasets=("large",)))
    assert len(result.mail.html) < 700_000
    assert "And 1,940 more rows in the file" in result.mail.text
    assert result.files[0][1].count(b"\r\n") == 2_001
