"""A query as a dataset of reports: who may use it, what it is asked, and what becomes of reports when it fails."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.utils import translation

from backoffice.report_databases import ReportDatabase
from reporter import control
from reporter.building import MAX_ATTEMPTS
from reporter.datasets import base
from reporter.datasets.rights import refused
from reporter.models import Edition, EditionState, Query, ReportSection
from reporter.publishing import publish
from tests.reporter.conftest import EIGHT, MakeReport

pytestmark = pytest.mark.django_db

SQL = "SELECT day, amount FROM orders WHERE day BETWEEN :first_day AND :last_day AND amount >= :least ORDER BY day"
LEAST = [{"name": "least", "kind": "integer", "default": "0"}]


@pytest.fixture
def shop(tmp_path: Path, settings: Any) -> Path:
    """A database with one order a day."""
    path = tmp_path / "shop.sqlite3"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE orders (day TEXT, amount INTEGER)")
        connection.executemany("INSERT INTO orders VALUES (?, ?)", [(f"2026-11-{day:02}", day) for day in range(1, 24)])
    settings.REPORT_DATABASES = {"SHOP": ReportDatabase("SHOP", "sqlite", database=str(path))}
    return path


@pytest.fixture
def query(shop: Path) -> Query:
    return Query.objects.create(name="Orders", database="SHOP", sql=SQL, parameters=LEAST)


def person(name: str, *permissions: str) -> User:
    user = User.objects.create_user(name)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def edition_of(name: str) -> Edition:
    return Edition.objects.get(report__name=name)


def test_a_report_over_it_tells_of_its_period(query: Query, make_report: MakeReport) -> None:
    make_report("Orders", "ada@example.com", datasets=(query.dataset_key,), period="last_7_days")
    publish(EIGHT)
    edition = edition_of("Orders")
    assert edition.state == EditionState.SENT
    with edition.files.get().file.open() as file:
        lines = file.read().decode("utf-8-sig").split()
    assert lines == ["day,amount", *(f"2026-11-{day},{day}" for day in range(16, 23))]


def test_a_section_gives_values_to_its_parameters(query: Query, make_report: MakeReport) -> None:
    make_report("Orders", "ada@example.com", datasets=(query.dataset_key,), period="last_7_days")
    ReportSection.objects.update(parameters={"least": "21"})
    publish(EIGHT)
    assert "2026-11-21" in edition_of("Orders").text
    assert "2026-11-20" not in edition_of("Orders").text


def test_it_is_found_and_offered_to_those_who_may_use_it(query: Query) -> None:
    key = query.dataset_key
    user, writer, viewer = person("user", "use_sql"), person("writer", "write_sql"), person("viewer", "view_report")
    dataset = base.find(key)
    assert dataset is not None
    assert [dataset.allowed_to(someone) for someone in (user, writer, viewer)] == [True, True, False]
    assert [(key, "Orders") in base.choices(someone) for someone in (user, writer, viewer)] == [True, True, False]
    assert (key, "Orders") in base.choices()
    user.is_active = False
    assert not dataset.allowed_to(user)
    for gone in ("sql:", "sql:0", "sql:x", "sql:99999999999999999999", "sql:²", f"other:{query.pk}"):
        assert base.find(gone) is None


def test_rights_of_registered_functions_and_of_reports(
    query: Query, make_report: MakeReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "_registered", dict(base._registered))
    base.dataset("wages", title="Wages", permission="auth.view_user")(lambda period: base.Table([], []))
    report = make_report("Mixed", datasets=("people", "wages", query.dataset_key, "gone"))
    assert refused(report, person("viewer", "view_report")) == ["Wages", "Orders"]
    assert refused(report, person("all", "view_report", "view_user", "use_sql")) == []
    assert refused(report, person("nobody")) == ["People", "Wages", "Orders"]


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT no_such FROM orders", "The query failed. Ask somebody who may write SQL"),
        ("DELETE FROM orders", "The query failed. Ask somebody who may write SQL"),
        ("WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g) SELECT n FROM g", "more than 100 rows"),
    ],
)
def test_what_fails_for_good_is_not_tried_again_and_others_go_out(
    query: Query, make_report: MakeReport, settings: Any, sql: str, words: str
) -> None:
    settings.REPORT_SQL_MAX_ROWS = 100
    Query.objects.update(sql=sql)
    make_report("Broken", "ada@example.com", datasets=(query.dataset_key,))
    make_report("Whole", "ada@example.com")
    summary = publish(EIGHT).text()
    broken = edition_of("Broken")
    assert (broken.state, broken.attempts) == (EditionState.FAILED, 1)
    assert broken.problem.startswith("It could not be built, and is not tried again: “Orders”: The query")
    assert words in broken.problem
    assert "no_such" not in broken.problem + summary
    assert "not tried again" in summary
    assert edition_of("Whole").state == EditionState.SENT


def test_why_it_failed_is_read_in_the_readers_language_and_not_in_that_of_the_report(
    query: Query, make_report: MakeReport
) -> None:
    Query.objects.update(sql="SELECT no_such FROM orders")
    report = make_report("Broken", "ada@example.com", datasets=(query.dataset_key,), language="en")
    publish(EIGHT)
    user = person("ann", "view_report", "preview_report", "use_sql")
    for language, words in (("en", "“Orders”: The query failed. Ask"), ("zh-hans", "“Orders”：查询失败。请让")):
        with translation.override(language):
            assert words in edition_of("Broken").problem
            assert words in control.preview(report, EIGHT.date(), None, user, EIGHT).problem


def test_what_may_pass_is_tried_again_and_then_given_up(query: Query, make_report: MakeReport, shop: Path) -> None:
    shop.unlink()
    make_report(
        "Orders", "ada@example.com", datasets=(query.dataset_key,), timetable_data={"times": ["08:00"], "weekdays": [0]}
    )
    for hours in range(MAX_ATTEMPTS + 1):
        publish(EIGHT + timedelta(hours=hours))
    edition = edition_of("Orders")
    assert (edition.state, edition.attempts) == (EditionState.FAILED, MAX_ATTEMPTS)
    assert "The database “SHOP” cannot be read now." in edition.problem
    assert "unable to open" not in edition.problem


def test_a_database_that_is_disconnected_and_a_query_that_is_gone_are_said(
    query: Query, make_report: MakeReport, settings: Any
) -> None:
    settings.REPORT_DATABASES = {}
    make_report("Orders", "ada@example.com", datasets=(query.dataset_key,))
    make_report("Gone", "ada@example.com", datasets=("sql:4711",))
    publish(EIGHT)
    assert "The database “SHOP” is not connected any more." in edition_of("Orders").problem
    assert "“sql:4711” of this section is not there any more" in edition_of("Gone").problem


def test_a_parameter_that_came_later_is_asked_for(query: Query, make_report: MakeReport) -> None:
    make_report("Orders", "ada@example.com", datasets=(query.dataset_key,))
    Query.objects.update(parameters=[{"name": "least", "kind": "integer", "default": None}])
    publish(EIGHT)
    assert "“Orders” was changed: The dataset wants a value for least" in edition_of("Orders").problem


def test_no_rows_are_a_report_all_the_same(query: Query, make_report: MakeReport) -> None:
    Query.objects.update(sql="SELECT day FROM orders WHERE 1 = 0 AND :least = 0")
    make_report("Orders", "ada@example.com", datasets=(query.dataset_key,))
    publish(EIGHT)
    assert edition_of("Orders").state == EditionState.SENT
