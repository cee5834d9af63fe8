"""``manage.py jobs``: the same functions as in the browser, for those who sit at the host."""

from __future__ import annotations

from datetime import datetime
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from backoffice.jobs import control, registry
from backoffice.jobs.models import Job, Pause, Run
from tests.jobs.listing import Listing

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def job(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Job:
    settings.TIME_ZONE = "Asia/Shanghai"
    timezone.get_default_timezone.cache_clear()
    jobs = Listing(settings, monkeypatch)
    jobs.add("tidy", run_every_mins=60)
    registry.sync(timezone.now())
    return Job.objects.get(code="tidy")


def manage(*arguments: str) -> str:
    out = StringIO()
    call_command("jobs", *arguments, stdout=out)
    return out.getvalue()


def test_a_job_is_paused_until_a_moment_in_the_sites_zone_listed_and_resumed() -> None:
    assert "until" not in manage("list")
    said = manage("pause", "tidy", "--until", "2999-12-24T18:00", "--reason", "stocktaking")
    assert said.startswith("tidy: paused by the command line from ")
    assert said.endswith(" to 2999-12-24 18:00: stocktaking\n")
    assert Pause.objects.get().until == datetime(2999, 12, 24, 18, tzinfo=ZoneInfo("Asia/Shanghai"))
    manage("pause", "--all", "--reason", "move")
    listed = manage("list")
    assert "All jobs are paused by the command line" in listed
    assert "to 2999-12-24 18:00: stocktaking" in listed
    assert manage("resume", "tidy") == "tidy: resumed.\n"
    assert manage("resume", "--all") == "All jobs: resumed.\n"
    assert "has not run yet" in manage("list")


def test_a_run_is_cancelled(job: Job) -> None:
    run = control.run_now(job, timezone.now())
    assert manage("cancel", str(run.pk), "--reason", "not today") == f"tidy #{run.pk}: cancelled.\n"
    assert Run.objects.get().summary == "Cancelled by the command line. not today"
    with pytest.raises(CommandError, match="has ended already: cancelled"):
        manage("cancel", str(run.pk))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["pause"], "Name a job by its code, or say --all"),
        (["pause", "tidy", "--all"], "Name a job by its code, or say --all"),
        (["pause", "tydy"], "There is no job 'tydy'"),
        (["pause", "tidy", "--until", "soon"], "'soon' is no moment"),
        (["pause", "tidy", "--until", "2020-01-01"], "This moment is past"),
        (["resume", "tidy"], "tidy: not paused"),
        (["cancel", "4711"], "There is no run 4711"),
    ],
)
def test_what_cannot_be_done_is_said(arguments: list[str], says: str) -> None:
    with pytest.raises(CommandError, match=says):
        manage(*arguments)
    assert not Pause.objects.exists()
