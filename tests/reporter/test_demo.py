"""The demo of a fresh installation."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from backoffice.report_databases import report_databases
from reporter import demo_shop
from reporter.demo import describe_sent, keep_up, load_demo
from reporter.models import Edition, Query, Report
from reporter.publishing import publish
from reporter.shop import SALES_PEOPLE
from tests.reporter.conftest import EIGHT

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shop(settings: Any, tmp_path: Path) -> Path:
    """The shop of a test is in its own folder."""
    settings.REPORT_DATABASES, _problems = report_databases({}, tmp_path, tmp_path)
    return tmp_path / "shop.sqlite3"


@pytest.mark.parametrize("hours", [0, 3, 23.99])
def test_the_demo_is_sent_at_once_and_once(hours: float, mail_into_files: Path) -> None:
    owner, now = User.objects.create_user("demo", is_superuser=True), EIGHT + timedelta(hours=hours)
    load_demo(owner, now)
    assert Report.objects.get(name="Job activity").owner == owner
    assert publish(now).text() == "sent 26 reports to 2 people"
    load_demo(owner, now)
    assert publish(now).text() == "Nothing was due."
    assert set(Edition.objects.values_list("slots_covered", flat=True)) == {1}
    *week_before, english, chinese, daily, by_person, stock = describe_sent()
    shown = [f"“{name}" for name, *_rest in demo_shop.SHOWN]
    assert [line.partition(" ·")[0] for line in (daily, by_person, stock)] == shown
    assert Counter(line.partition(" ·")[0] for line in week_before) == dict.fromkeys(shown, 7)
    assert "“Job activity · Nov. 23, 2026” to Alex Example <alex@example.com>" in english
    assert "任务与发送情况" in chinese
    for line in (english, chinese):
        assert Path(line.rpartition(" in ")[2]).read_bytes().startswith(b"Date:")


def test_the_demo_changes_nothing_that_is_there(db: None) -> None:
    owner = User.objects.create_user("demo", is_superuser=True)
    load_demo(owner, EIGHT)
    Report.objects.update(timetable_data={"times": ["10:00"]}, is_enabled=False)
    load_demo(owner, EIGHT + timedelta(days=1))
    assert set(Report.objects.values_list("is_enabled", flat=True)) == {False}
    assert Report.objects.count() == 5


def test_the_shop_is_told_of_and_goes_on_selling_and_stays_removed(shop: Path, mail_into_files: Path) -> None:
    owner = User.objects.create_user("demo", is_superuser=True)
    load_demo(owner, EIGHT)
    publish(EIGHT)
    sent = Edition.objects.filter(why="timetable")
    text = sent.get(report__name="Daily sales").text
    assert [f"2026-11-{day}" in text for day in range(15, 24)] == [False, *[True] * 7, False]
    html = sent.get(report__name="Sales by person").html
    assert any(name in html for name in SALES_PEOPLE)
    assert Query.objects.get(name="Daily sales").history.get().history_user == owner

    size = shop.stat().st_size
    keep_up(EIGHT + timedelta(days=30))
    assert shop.stat().st_size > size
    shop.unlink()
    keep_up(EIGHT)
    assert not shop.exists()


def test_an_operators_own_shop_is_left_alone(settings: Any, tmp_path: Path, shop: Path) -> None:
    for url in ("sqlite:////elsewhere/shop.sqlite3", ""):
        settings.REPORT_DATABASES, _problems = report_databases({"REPORT_DB_SHOP": url}, tmp_path, tmp_path)
        load_demo(User.objects.create_user(f"demo{url}", is_superuser=True), EIGHT)
        assert not Query.objects.exists()
        assert not shop.exists()
