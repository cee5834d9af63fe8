"""The log as a file: what the list shows, harmless in a spreadsheet, and only for those who may."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_cron.models import CronJobLog
from pytest_django import DjangoAssertNumQueries, Settings

from backoffice import urls  # noqa: F401  discovers the admin: only then can its modules be imported
from backoffice.jobs.admin import exports, logs, spreadsheets
from backoffice.jobs.models import Job, Run, RunStatus, RunTrigger
from tests.jobs.staff import logged_in

pytestmark = pytest.mark.django_db

LIST = "admin:django_cron_cronjoblog_changelist"
EXPORT = "admin:django_cron_cronjoblog_export"
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
KINDS = pytest.mark.parametrize("kind", ["csv", "xlsx"])


@pytest.fixture
def manager() -> Client:
    return logged_in("Job manager")


def add_log(code: str = "shop.tidy", message: str = "", *, days_ago: float = 0, is_success: bool = True) -> CronJobLog:
    start = timezone.now() - timedelta(days=days_ago)
    end = start + timedelta(seconds=90)
    return CronJobLog.objects.create(code=code, start_time=start, end_time=end, is_success=is_success, message=message)


def exported(client: Client, kind: str = "csv", **query: str) -> list[dict[str, Any]]:
    answer = client.get(reverse(EXPORT, args=[kind]), query)
    assert answer.status_code == 200
    content = b"".join(answer.streaming_content)
    return from_csv(content) if kind == "csv" else from_xlsx(content)


def from_csv(content: bytes) -> list[dict[str, Any]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def cells_of(content: bytes) -> list[ElementTree.Element]:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return list(ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml")).iter(f"{MAIN}c"))


def from_xlsx(content: bytes) -> list[dict[str, Any]]:
    table: dict[int, dict[str, Any]] = {}
    for cell in cells_of(content):
        found = re.fullmatch(r"([A-Z]+)(\d+)", cell.attrib["r"])
        assert found
        text = "".join(part.text or "" for part in cell.iter() if part.tag in (f"{MAIN}t", f"{MAIN}v"))
        table.setdefault(int(found[2]), {})[found[1]] = text if cell.get("t") == "inlineStr" else float(text)
    names = table.pop(1)
    return [{name: row.get(column, "") for column, name in names.items()} for row in table.values()]


# The same moments: text with an offset, and days since 1899-12-30 by the clock that the head of the column names.
IN_CSV = {"Started": "2026-03-02T08:00:00.123456+08:00", "Ended": "2026-03-02T08:00:02.623456+08:00"}
IN_XLSX = {
    f"{name} (Asia/Shanghai)": pytest.approx(46083 + seconds / 86400, abs=1e-7)
    for name, seconds in (("Started", 8 * 3600 + 0.123456), ("Ended", 8 * 3600 + 2.623456))
}


# --- Which rows -------------------------------------------------------------------------------------------


@KINDS
def test_a_file_holds_the_rows_of_the_list_on_all_its_pages_in_their_order(manager: Client, kind: str) -> None:
    Job.objects.get_or_create(code="shop.tidy", class_path="shop.cron.Tidy")
    for number in range(60):
        add_log("shop.tidy" if number % 5 else "shop.other", f"log {number}", days_ago=1, is_success=number % 3 > 0)
        add_log("shop.tidy", "today", is_success=False)
    day = (timezone.localdate() - timedelta(days=1)).isoformat()
    query = {"result": "failed", "q": "tidy", "start_time__range__gte": day, "start_time__range__lte": day, "o": "2"}
    listed = manager.get(reverse(LIST), query).context["cl"]
    wanted = [first_line(log) for log in listed.queryset]
    assert wanted == [f"log {number}" for number in range(60) if number % 5 and not number % 3]
    assert [row["Message"] for row in exported(manager, kind, **query)] == wanted
    newest_first = [row["Message"] for row in exported(manager, kind, **query | {"o": "-2", "p": "2"})]
    assert newest_first == wanted[::-1]


def first_line(log: CronJobLog) -> str:
    return log.message.splitlines()[0]


def test_the_links_of_the_list_carry_its_filters(manager: Client) -> None:
    page = manager.get(reverse(LIST), {"result": "failed", "q": "a&b"}).content.decode()
    for kind in ("csv", "xlsx"):
        assert f'href="{reverse(EXPORT, args=[kind])}?q=a%26b&amp;result=failed"' in page


def test_a_filter_that_is_nonsense_leads_to_the_list_not_to_all_rows(manager: Client) -> None:
    answer = manager.get(reverse(EXPORT, args=["csv"]), {"nonsense__x": "1"})
    assert answer["Location"] == reverse(LIST, query={"e": 1})


# --- What stands in them ----------------------------------------------------------------------------------


@KINDS
def test_a_row_says_when_with_the_zone_how_long_why_and_where(manager: Client, settings: Settings, kind: str) -> None:
    settings.TIME_ZONE = "Asia/Shanghai"
    start = datetime(2026, 3, 2, 0, 0, 0, 123456, tzinfo=UTC)
    log = CronJobLog.objects.create(
        code="shop.tidy", start_time=start, end_time=start + timedelta(seconds=2.5), is_success=False, message="多"
    )
    run = Run.objects.create(
        job=Job.objects.create(code="shop.tidy", class_path="shop.cron.Tidy"),
        status=RunStatus.CANCELLED,
        trigger=RunTrigger.PERSON,
        requested_by=User.objects.create_user("ann"),
        reason="=prices",
        due_at=start,
        queued_at=start,
        host="host-a",
        log=log,
    )
    (row,) = exported(manager, kind)
    is_csv = kind == "csv"
    assert row == {
        "Job": "shop.tidy",
        **(IN_CSV if is_csv else IN_XLSX),
        "Seconds": "2.5" if is_csv else 2.5,
        "Result": "cancelled",
        "Started by": "ann",
        "Reason": "'=prices" if is_csv else "=prices",
        "Host": "host-a",
        "Run": str(run.pk) if is_csv else run.pk,
        "Message": "多",
    }


FORMULAS = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1"]


def test_in_csv_no_cell_begins_a_formula(manager: Client) -> None:
    for text in FORMULAS:
        add_log(text.strip()[:60], text)
    for row in exported(manager):
        assert row["Message"].startswith("'")
        assert row["Job"].startswith("'")


def test_in_xlsx_a_formula_stays_text(manager: Client) -> None:
    for text in [*FORMULAS, "http://example.com/", "{=1+1}"]:
        add_log(message=text)
    content = b"".join(manager.get(reverse(EXPORT, args=["xlsx"])).streaming_content)
    assert not [cell for cell in cells_of(content) if cell.find(f"{MAIN}f") is not None]
    assert "=1+1" in {row["Message"] for row in from_xlsx(content)}


@KINDS
def test_characters_that_no_sheet_can_hold_do_not_break_the_file(manager: Client, kind: str) -> None:
    add_log(message='\x1b[31mred\x1b[0m \x0b \ufffe "quoted", 多行\nsecond 🙂')
    (row,) = exported(manager, kind)
    assert '"quoted", 多行\nsecond 🙂' in row["Message"]


@KINDS
def test_a_long_message_is_cut_with_a_note_and_never_read_whole(manager: Client, kind: str) -> None:
    add_log(message="🙂" * 200_000)
    with CaptureQueriesContext(connection) as queries:
        (row,) = exported(manager, kind)
    assert row["Message"].startswith("🙂" * exports.MESSAGE_LIMIT + "\n[… cut after 16000 characters")
    assert len(row["Message"].encode("utf-16-le")) // 2 <= 32_767
    read = [re.sub(r"(SUBSTR|LEFT|RIGHT)\([^)]*\)", "", query["sql"]) for query in queries]
    assert not [sql for sql in read if '"message"' in sql]


@KINDS
def test_as_many_queries_for_2000_rows_as_for_none(
    manager: Client, django_assert_num_queries: DjangoAssertNumQueries, kind: str
) -> None:
    now = timezone.now()
    rows = (
        CronJobLog(code="shop.tidy", start_time=now, end_time=now, is_success=True, message="x") for _ in range(2000)
    )
    for expected in (0, 2000):
        with django_assert_num_queries(7):  # session, user, permissions of the user and groups, jobs, count, rows
            assert len(exported(manager, kind)) == expected
        CronJobLog.objects.bulk_create(rows)


def test_a_sheet_that_cannot_hold_the_rows_is_refused_with_a_word(
    manager: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreadsheets, "MAX_SHEET_ROWS", 1)
    for code in ("shop.a", "shop.b"):
        add_log(code, is_success=False)
    answer = manager.get(reverse(EXPORT, args=["xlsx"]), {"result": "failed"}, follow=True)
    assert answer.redirect_chain == [(f"{reverse(LIST)}?result=failed", 302)]
    assert "A sheet holds no more than 1 rows" in answer.content.decode()
    assert len(exported(manager, "csv", result="failed")) == 2


def test_the_columns_are_named_in_the_readers_language(manager: Client) -> None:
    add_log()
    answer = manager.get(reverse(EXPORT, args=["csv"]), headers={"Accept-Language": "zh-hans"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert text.splitlines()[0].startswith("任务,")
    assert "成功" in text.splitlines()[1]


# --- Who may ----------------------------------------------------------------------------------------------


@KINDS
def test_without_the_permission_it_is_neither_shown_nor_done(kind: str) -> None:
    client = logged_in("Viewer")
    assert client.get(reverse(EXPORT, args=[kind])).status_code == 403
    assert "export" not in client.get(reverse(LIST)).content.decode()
    may_export_but_not_see = User.objects.create_user("odd", is_staff=True)
    may_export_but_not_see.user_permissions.add(Permission.objects.get(codename="export_log"))
    client.force_login(may_export_but_not_see)
    assert client.get(reverse(EXPORT, args=[kind])).status_code == 403


def test_there_are_two_kinds_of_files_and_they_are_only_got(manager: Client) -> None:
    assert manager.get(reverse(EXPORT, args=["html"])).status_code == 404
    assert manager.post(reverse(EXPORT, args=["csv"])).status_code == 405


# --- One whole message ------------------------------------------------------------------------------------


def test_a_long_message_is_shown_in_part_and_downloaded_whole() -> None:
    text = "<b>多</b>\n" + "x" * logs.SHOWN_ON_PAGE + "the end"
    log = add_log(message=text)
    client = logged_in("Viewer")
    with CaptureQueriesContext(connection) as queries:
        page = client.get(reverse("admin:django_cron_cronjoblog_change", args=[log.pk])).content.decode()
    assert "&lt;b&gt;多&lt;/b&gt;" in page
    assert "the end" not in page
    read = [re.sub(r"(SUBSTR|LEFT|RIGHT|LENGTH)\([^)]*\)", "", query["sql"]) for query in queries]
    assert not [sql for sql in read if '"message"' in sql]
    url = reverse("admin:django_cron_cronjoblog_message", args=[log.pk])
    assert f'href="{url}"' in page
    answer = client.get(url)
    assert answer.content.decode() == text
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Content-Disposition"].startswith("attachment")


def test_a_message_is_downloaded_only_by_those_who_may_see_it() -> None:
    url = reverse("admin:django_cron_cronjoblog_message", args=[add_log(message="secret").pk])
    client = Client()
    client.force_login(User.objects.create_user("outsider", is_staff=True))
    assert client.get(url).status_code == 403
    client.force_login(User.objects.create_superuser("root"))
    assert client.get(url).status_code == 200
    assert client.get(reverse("admin:django_cron_cronjoblog_message", args=[0])).status_code == 404


def test_the_page_of_a_log_says_why_it_ran_who_asked_and_where() -> None:
    log = add_log(message="done")
    Run.objects.create(
        job=Job.objects.create(code="shop.tidy", class_path="shop.cron.Tidy"),
        status=RunStatus.SUCCEEDED,
        trigger=RunTrigger.PERSON,
        requested_by=User.objects.create_user("ann"),
        reason="prices changed",
        due_at=log.start_time,
        queued_at=log.start_time,
        host="host-a",
        pid=77,
        log=log,
    )
    page = logged_in("Viewer").get(reverse("admin:django_cron_cronjoblog_change", args=[log.pk])).content.decode()
    for words in ("ann", "prices changed", "host-a, process 77", "1 min 30 s"):
        assert words in page
