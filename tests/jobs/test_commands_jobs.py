"""``manage.py jobs``: the same functions as in the browser, for those who sit at the host."""

from __future__ import annotations

from datetime import datetime
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from backoffice.jobs import control, lifecycle, registry
from backoffice.jobs.lifecycle import Holder
from backoffice.jobs.models import Job, Pause, Run, RunTrigger
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
    assert manage("resume", "tidy") == "Resumed: tidy.\n"
    assert manage("resume", "--all") == "Resumed: all jobs.\n"
    assert "has not run yet" in manage("list")


def test_a_run_is_cancelled(job: Job) -> None:
    run = control.run_now(job, timezone.now())
    assert manage("cancel", str(run.pk), "--reason", "not today") == f"tidy #{run.pk}: cancelled.\n"
    assert Run.objects.get().summary == "Cancelled by the command line. not today"
    with pytest.raises(CommandError, match="has ended already: cancelled"):
        manage("cancel", str(run.pk))


def test_the_list_names_the_run_that_waits_and_its_job_names_it_to_cancel(job: Job) -> None:
    run = control.run_now(job, timezone.now())
    assert f"waiting: {run.pk}\n" in manage("list")
    assert manage("cancel", "tidy") == f"tidy #{run.pk}: cancelled.\n"


def test_of_several_runs_one_has_to_be_named_by_its_number(job: Job) -> None:
    now = timezone.now()
    values = {"due_at": now, "queued_at": now, "trigger": RunTrigger.COMMAND}
    runs = [Run.objects.create(job=job, **values) for _again in range(2)]
    with pytest.raises(CommandError, match=f"tidy has several runs: {runs[0].pk}, {runs[1].pk}"):
        manage("cancel", "tidy")


def test_a_running_run_is_listed_with_its_number(job: Job) -> None:
    run = control.run_now(job, timezone.now())
    assert lifecycle.start(run, Holder("host-a", 77, 78))
    assert f"running: {run.pk}\n" in manage("list")


@pytest.mark.parametrize(("word", "day"), [("tomorrow", 5), ("Monday", 9)])
def test_a_pause_ends_on_the_mornings_that_the_browser_offers(word: str, day: int) -> None:
    with time_machine.travel(datetime(2026, 3, 4, 12, tzinfo=ZoneInfo("Asia/Shanghai")), tick=False):
        manage("pause", "tidy", "--until", word)
    assert Pause.objects.get().until == datetime(2026, 3, day, 8, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["pause"], "Name a job by its code, or say --all"),
        (["pause", "tidy", "--all"], "Name a job by its code, or say --all"),
        (["pause", "tydy"], "There is no job 'tydy'"),
        (["pause", "tidy", "--until", "soon"], "'soon' is no moment"),
        (["pause", "tidy", "--until", "2020-01-01"], "This moment is past"),
        (["resume", "tidy"], "Not paused: tidy"),
        (["cancel", "4711"], "There is no run 4711"),
        (["cancel", "tydy"], "There is no job 'tydy'"),
        (["cancel", "tidy"], "tidy: none of its runs waits or goes on"),
    ],
)
def test_what_cannot_be_done_is_said(arguments: list[str], says: str) -> None:
    with pytest.raises(CommandError, match=says):
        manage(*arguments)
    assert not Pause.objects.exists()
