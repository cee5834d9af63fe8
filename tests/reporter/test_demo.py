"""The demo of a fresh installation."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from reporter.demo import describe_sent, load_demo
from reporter.models import Edition, Report
from reporter.publishing import publish
from tests.reporter.conftest import EIGHT

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("hours", [0, 3, 23.99])
def test_the_demo_is_sent_at_once_and_once(hours: float, mail_into_files: Path) -> None:
    owner, now = User.objects.create_user("demo"), EIGHT + timedelta(hours=hours)
    load_demo(owner, now)
    assert Report.objects.get(name="Job activity").owner == owner
    assert publish(now).text() == "sent 2 reports to 2 people"
    load_demo(owner, now)
    assert publish(now).text() == "Nothing was due."
    assert set(Edition.objects.values_list("slots_covered", flat=True)) == {1}
    english, chinese = describe_sent()
    assert "“Job activity · Nov. 23, 2026” to Alex Example <alex@example.com>" in english
    assert "任务与发送情况" in chinese
    for line in (english, chinese):
        assert Path(line.rpartition(" in ")[2]).read_bytes().startswith(b"Date:")


def test_the_demo_changes_nothing_that_is_there(db: None) -> None:
    owner = User.objects.create_user("demo")
    load_demo(owner, EIGHT)
    Report.objects.update(timetable_data={"times": ["10:00"]}, is_enabled=False)
    load_demo(owner, EIGHT + timedelta(days=1))
    assert set(Report.objects.values_list("is_enabled", flat=True)) == {False}
    assert Report.objects.count() == 2
