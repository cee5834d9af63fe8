"""The page of a query, and choosing one for a report: who may, what is shown, and what is kept."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from backoffice import urls  # noqa: F401  discovers the admin: only then can its modules be imported
from backoffice.report_databases import ReportDatabase
from reporter import control
from reporter.admin import queries
from reporter.models import Query, Report, ReportSection
from tests.reporter.conftest import MakeReport
from tests.reporter.test_admin import form_of

pytestmark = pytest.mark.django_db

LIST = "/admin/reporter/query/"


@pytest.fixture(autouse=True)
def shop(tmp_path: Path, settings: Any) -> Path:
    path = tmp_path / "shop.sqlite3"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE orders (day TEXT, amount INTEGER, note TEXT)")
        rows = [(f"2026-11-{day:02}", day, "<script>alert(1)</script>") for day in range(1, 31) for _n in range(3)]
        connection.executemany("INSERT INTO orders VALUES (?, ?, ?)", rows)
    settings.REPORT_DATABASES = {"SHOP": ReportDatabase("SHOP", "sqlite", database=str(path))}
    return path


def member(role: str) -> User:
    user = User.objects.create_user(f"{role}-{User.objects.count()}", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def author(client: Client) -> User:
    user = member("SQL author")
    client.force_login(user)
    return user


def typed(**values: str) -> dict[str, str]:
    return {"name": "Orders", "description": "", "database": "SHOP", "sql": "SELECT * FROM orders"} | values


def page(query: Query) -> str:
    return reverse("admin:reporter_query_change", args=[query.pk])


def make_query(author: User, sql: str = "SELECT day FROM orders WHERE day >= :first_day") -> Query:
    query = Query(name="Orders", database="SHOP", sql=sql)
    control.save_query(query, author)
    return query


# --- Writing ----------------------------------------------------------------------------------------------


def test_a_query_is_written_and_it_is_known_by_whom(client: Client, author: User) -> None:
    sql = "SELECT day FROM orders WHERE amount > :least"
    assert client.post(f"{LIST}add/", typed(sql=sql, parameters_text="least integer = 3")).status_code == 302
    query = Query.objects.get()
    assert (query.created_by, query.changed_by) == (author, author)
    assert query.parameters == [{"name": "least", "kind": "integer", "default": "3"}]
    assert query.history.get().history_user == author
    assert "least integer = 3" in client.get(page(query)).content.decode()


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"sql": "DELETE FROM orders"}, "sql", "It begins with “DELETE”"),
        ({"sql": "SELECT 1; SELECT 2"}, "sql", "several statements"),
        ({"sql": "SELECT day FROM orders WHERE"}, "sql", "cannot be read"),
        ({"sql": "SELECT\n1 FROM orders ORDER BY FROM"}, "sql", "Line 2, near “FROM”"),
        ({"sql": "SELECT :lest", "parameters_text": "least integer"}, "sql", "“:lest” is not known"),
        ({"parameters_text": "least integer"}, "parameters_text", "“least” does not stand in the SQL"),
        ({"parameters_text": "least\nmost number = x"}, "parameters_text", "Line 2: “x” is no value"),
        ({"database": "OTHER"}, "database", "not one of the available choices"),
        ({"name": ""}, "name", "required"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    client: Client, author: User, values: dict[str, str], field: str, words: str
) -> None:
    answer = client.post(f"{LIST}add/", typed(**values))
    assert answer.status_code == 200
    assert words in str(answer.context["adminform"].form.errors[field])
    assert not Query.objects.exists()


def test_what_only_the_database_can_read_is_kept_all_the_same(client: Client, author: User) -> None:
    values = typed(sql="SELECT day FROM orders ORDER BY FROM", is_read_by_database="on")
    assert client.post(f"{LIST}add/", values).status_code == 302


# --- Trying -----------------------------------------------------------------------------------------------


def test_trying_shows_the_first_rows_with_types_and_time_and_keeps_nothing(client: Client, author: User) -> None:
    values = typed(sql="SELECT day, amount, note FROM orders WHERE day BETWEEN :first_day AND :last_day")
    values |= {"_try": "1", "trial_from": "2026-11-01", "trial_until": "2026-11-29"}
    text = client.post(f"{LIST}add/", values).content.decode()
    assert "50 rows in 0." in text
    assert "There are more; these are the first." in text
    assert text.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 50
    assert "<script>alert" not in text
    assert '<span class="type">integer</span>' in text
    assert not Query.objects.exists()
    assert not LogEntry.objects.exists()


def test_trying_says_what_the_database_says(client: Client, author: User) -> None:
    query = make_query(author)
    text = client.post(page(query), typed(sql="SELECT no_such FROM orders", _try="1")).content.decode()
    assert "no such column: no_such" in text
    text = client.post(page(query), typed(sql="SELECT 1; SELECT 2", _try="1")).content.decode()
    trial = text.partition('id="trial"')[2]
    assert "several statements" in trial
    text = client.post(page(query), typed(sql="SELECT :least", parameters_text="least integer", _try="1"))
    assert "wants a value for least" in text.content.decode()
    values = typed(sql="SELECT :least AS n", parameters_text="least integer", trial_values="least = 7", _try="1")
    assert "<td>7</td>" in client.post(page(query), values).content.decode()
    values = typed(_try="1", trial_from="2026-11-03", trial_until="2026-11-01")
    assert "This day is before the first one." in client.post(page(query), values).content.decode()
    query.refresh_from_db()
    assert (query.sql, query.history.count()) == ("SELECT day FROM orders WHERE day >= :first_day", 1)


def test_trying_warns_where_days_of_sqlite_are_compared_with_moments(client: Client, author: User) -> None:
    def trial(sql: str) -> str:
        values = typed(sql=sql, _try="1", trial_from="2026-11-02", trial_until="2026-11-02")
        return client.post(f"{LIST}add/", values).content.decode().partition('id="trial"')[2]

    wrong = trial("SELECT day FROM orders WHERE day >= :period_start AND day < :period_end")
    assert "<td>2026-11-03</td>" in wrong  # the day behind it
    assert "Compare it with :first_day and :last_day" in wrong
    assert "compares texts" in trial("SELECT day FROM orders WHERE day < :period_end")
    right = trial("SELECT day FROM orders WHERE day BETWEEN :first_day AND :last_day -- not :period_end")
    assert "<td>2026-11-02</td>" in right
    assert "compares texts" not in right
    assert queries._remark_on("SELECT :period_end", "postgresql") == ""


# --- Rights -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["Viewer", "Report editor", "Job manager"])
def test_who_may_not_write_can_only_look(client: Client, author: User, role: str) -> None:
    query = make_query(author)
    control.save_query(query, author)  # a second version: the first one could be put back
    client.force_login(member(role))
    text = client.get(page(query)).content.decode()
    assert "SELECT day FROM orders" in text
    assert [button for button in ("_try", 'name="_save"', "/delete/") if button in text] == []
    assert client.get(f"{LIST}add/").status_code == 403
    for url in (f"{LIST}add/", page(query), f"{LIST}{query.pk}/delete/", f"{LIST}{query.pk}/versions/1/"):
        assert client.post(url, typed(_try="1", post="yes")).status_code == 403
    assert "Put this version back" not in client.get(f"{LIST}{query.pk}/versions/").content.decode()
    query.refresh_from_db()
    assert query.sql.startswith("SELECT day")


def test_who_may_not_see_a_query_sees_no_version_of_it(client: Client, author: User) -> None:
    versions = f"{LIST}{make_query(author).pk}/versions/"
    assert [client.get(versions).status_code, client.post(versions).status_code] == [200, 405]
    author.groups.clear()
    assert client.get(versions).status_code == 403


def test_the_control_asks_again(author: User) -> None:
    query, viewer = make_query(author), member("Viewer")
    for call in (
        lambda: control.save_query(query, viewer),
        lambda: control.put_back_query(query, 1, viewer),
        lambda: control.delete_query(query, viewer),
        lambda: control.try_query(viewer, "SHOP", "SELECT 1", {}),
    ):
        with pytest.raises(PermissionDenied):
            call()


# --- Versions, and where it is used -----------------------------------------------------------------------


def test_versions_are_kept_and_one_is_put_back(client: Client, author: User) -> None:
    query = make_query(author)
    first = query.history.get().pk
    client.post(page(query), typed(sql="SELECT amount FROM orders", description="Now amounts"))
    text = client.get(f"{LIST}{query.pk}/versions/").content.decode()
    assert "-SELECT day FROM orders WHERE day &gt;= :first_day" in text
    assert "+SELECT amount FROM orders" in text
    assert str(author) in text
    assert client.get(f"{LIST}{query.pk}/versions/{first}/")["Location"] == f"{LIST}{query.pk}/versions/"
    assert query.history.count() == 2, "looking changes nothing"
    assert client.post(f"{LIST}{query.pk}/versions/{first}/").status_code == 302
    query.refresh_from_db()
    assert (query.sql, query.description) == ("SELECT day FROM orders WHERE day >= :first_day", "")
    newest = query.history.first()
    assert newest.history_change_reason.startswith("Put back: the version of ")
    assert LogEntry.objects.filter(change_message__startswith="Put back: the version of ").exists()
    assert client.post(f"{LIST}{query.pk}/versions/4711/").status_code == 404
    assert client.post(f"{LIST}4711/versions/1/").status_code == 404


def test_a_query_that_reports_use_says_so_and_is_not_deleted(
    client: Client, author: User, make_report: MakeReport, django_assert_num_queries: Any
) -> None:
    query = make_query(author)
    report = make_report("Daily", datasets=(query.dataset_key,))
    assert f'href="/admin/reporter/report/{report.pk}/change/">Daily</a>' in client.get(page(query)).content.decode()
    assert client.post(f"{LIST}{query.pk}/delete/", {"post": "yes"}).status_code == 403
    with pytest.raises(control.QueryInUse, match="Daily"):
        control.delete_query(query, author)
    for name in ("Second", "Third"):
        Query.objects.create(name=name, database="SHOP", sql="SELECT 1")
    with django_assert_num_queries(8):
        assert re.search('<td [^>]*class="field-uses"[^>]*>1</td>', client.get(LIST).content.decode())
    ReportSection.objects.all().delete()
    assert client.post(f"{LIST}{query.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Query.objects.filter(pk=query.pk).exists()


def test_reports_that_a_change_breaks_are_named_at_once(client: Client, author: User, make_report: MakeReport) -> None:
    query = make_query(author)
    make_report("Daily", datasets=(query.dataset_key,))
    values = typed(sql="SELECT :least", parameters_text="least integer")
    answer = client.post(page(query), values, follow=True)
    assert "do not give the parameters that it wants now, and will fail: Daily" in answer.content.decode()


# --- In a report ------------------------------------------------------------------------------------------


def report_form(report: Report, **section: str) -> dict[str, Any]:
    values = form_of(report) | {
        "sections-TOTAL_FORMS": "1", "sections-0-report": report.pk, "sections-0-position": "1",
        "sections-0-kind": "table",
    }  # fmt: skip
    return values | {f"sections-0-{name}": value for name, value in section.items()}


def test_an_editor_chooses_a_query_and_gives_it_values(client: Client, author: User, make_report: MakeReport) -> None:
    query = make_query(author, "SELECT day FROM orders WHERE amount > :least")
    Query.objects.update(parameters=[{"name": "least", "kind": "integer", "default": None}])
    editor, report = member("Report editor"), make_report("Daily", datasets=())
    client.force_login(editor)
    url = reverse("admin:reporter_report_change", args=[report.pk])
    answer = client.post(url, report_form(report, dataset=query.dataset_key))
    assert "The dataset wants a value for least: write least = … (a whole number)." in answer.content.decode()
    answer = client.post(url, report_form(report, dataset=query.dataset_key, parameters_text="least = 3"))
    assert answer.status_code == 302
    section = ReportSection.objects.get()
    assert (section.dataset, section.parameters) == (query.dataset_key, {"least": "3"})
    assert "least = 3</textarea>" in client.get(url).content.decode()


def test_the_owner_needs_the_right_since_the_report_runs_with_it(
    client: Client, author: User, make_report: MakeReport
) -> None:
    query = make_query(author)
    report = make_report("Daily", datasets=(), owner=member("Viewer"))
    client.force_login(member("Report editor"))
    url = reverse("admin:reporter_report_change", args=[report.pk])
    text = client.post(url, report_form(report, dataset=query.dataset_key)).content.decode()
    assert "runs with the rights of its owner, Viewer" in text
    assert not ReportSection.objects.exists()


def test_who_may_not_use_sql_neither_chooses_it_nor_changes_a_report_over_it(
    client: Client, author: User, make_report: MakeReport
) -> None:
    query = make_query(author)
    editor = member("Report editor")
    plain, over_sql = make_report("Plain", datasets=()), make_report("Over SQL", datasets=(query.dataset_key,))
    group = Group.objects.get(name="Report editor")
    group.permissions.remove(group.permissions.get(codename="use_sql"))
    client.force_login(editor)
    url = reverse("admin:reporter_report_change", args=[plain.pk])
    assert query.dataset_key not in client.get(url).content.decode()
    answer = client.post(url, report_form(plain, dataset=query.dataset_key))
    assert "not one of the available choices" in answer.content.decode()
    url = reverse("admin:reporter_report_change", args=[over_sql.pk])
    text = client.get(url).content.decode()
    assert "You can look at this report, but not change it: you may not use its dataset “Orders”." in text
    assert 'name="_save"' not in text
    assert client.post(url, report_form(over_sql, dataset="people")).status_code == 403
