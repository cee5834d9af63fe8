"""``cronloop``: stock's options, and a tick that goes wrong is made up for by the next."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django_cron.models import CronJobLog
from pytest_django import Settings

from backoffice.jobs import control, registry, scheduler
from backoffice.jobs.executors.base import EXECUTORS
from backoffice.jobs.executors.inline import InlineExecutor
from backoffice.jobs.models import Job
from backoffice.management.commands import cronloop
from tests.jobs.installation import Installation
from tests.jobs.listing import Listing, at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_pause")]

JOBS = "tests.jobs.contract_jobs"


@pytest.fixture
def jobs(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Listing:
    return Listing(settings, monkeypatch)


@pytest.fixture
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cronloop, "SHORTEST_SLEEP", 0)


def ran() -> list[str]:
    return list(CronJobLog.objects.order_by("pk").values_list("code", flat=True))


def test_it_ends_after_so_many_ticks(jobs: Listing) -> None:
    jobs.add("always")
    call_command("cronloop", repeat=3, sleep=0)
    assert ran() == ["always"] * 3


def test_it_ticks_no_more_while_it_waits_for_its_last_runs(jobs: Listing, monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(InlineExecutor):
        steps = 0

        def step(self, wait: float) -> None:
            self.steps += 1
            super().step(wait)

        @property
        def is_busy(self) -> bool:
            return self.steps < 5

    jobs.add("always")
    monkeypatch.setattr(cronloop.Command, "make_executor", lambda self, **options: Slow(lambda chunk: None, **options))
    call_command("cronloop", repeat=2, sleep=0)
    assert ran() == ["always"] * 2


def test_it_ticks_for_the_classes_that_are_named(jobs: Listing) -> None:
    jobs.add("always")
    jobs.add("other")
    unlisted = jobs.make("unlisted")
    call_command("cronloop", cron_classes=["always", unlisted, "no_such.Job"], repeat=1, sleep=0)
    assert ran() == ["always", "unlisted"]


def test_what_cannot_be_run_is_in_the_log(
    jobs: Listing, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("backoffice"), "propagate", True)
    jobs.add("always")
    call_command("cronloop", cron_classes=["no_such.Job", "always"], repeat=1, sleep=0)
    assert ran() == ["always"]
    assert "no_such.Job: no_such.Job cannot be imported" in caplog.text


def test_what_is_listed_and_cannot_be_run_is_in_the_log_once(
    jobs: Listing, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    said: list[str] = []
    monkeypatch.setattr(cronloop.logger, "error", lambda text, *values: said.append(text % values))
    jobs.add("always")
    settings.CRON_CLASSES = ["no_such.Job", *settings.CRON_CLASSES]
    call_command("cronloop", repeat=3, sleep=0)
    assert ran() == ["always"] * 3
    assert [text.partition(": ")[0] for text in said] == ["no_such.Job"]


@pytest.mark.parametrize(("options", "expected"), [([], 300), (["-s", "7"], 7), (["--sleep", "9"], 9)])
def test_the_pause_between_ticks_is_stocks(options: list[str], expected: int) -> None:
    parser = cronloop.Command().create_parser("manage.py", "cronloop")
    parsed = parser.parse_args([*options, "--cron_classes", "a.B", "c.D", "--repeat", "2"])
    assert (parsed.sleep, parsed.cron_classes, parsed.repeat) == (expected, ["a.B", "c.D"], 2)


@pytest.mark.parametrize("sleep", ["-1", "1.5", "soon", "", "٣"])
def test_a_pause_that_is_none_is_refused_in_words(sleep: str) -> None:
    with pytest.raises(CommandError, match=f"{sleep!r} is no whole number of seconds from 0 on"):
        call_command("cronloop", "--sleep", sleep)


def test_no_pause_at_all_is_a_second_and_burns_no_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    moment, ticks, looks = 0.0, [], 0

    class Waiting(InlineExecutor):
        """Lets the time pass that it is given to wait."""

        offers_cancel = True

        def step(self, wait: float) -> None:
            nonlocal moment, looks
            moment, looks = moment + wait, looks + 1
            assert looks < 100, "it spins"

    monkeypatch.setattr(cronloop, "steady_seconds", lambda: moment)
    monkeypatch.setattr(cronloop.Command, "tick", lambda self, executor: ticks.append(moment))
    cronloop.Command().loop(Waiting(lambda chunk: None), threading.Event(), 0, 4)
    assert ticks == [0, 1, 2, 3]


def test_it_runs_what_people_have_queued(jobs: Listing) -> None:
    jobs.add("daily", run_at_times=["09:00"])
    registry.sync(at("2026-03-02 08:00"))
    Job.objects.filter(code="daily").update(next_due_at=None, next_slot_at=None)
    control.run_now(Job.objects.get(code="daily"), at("2026-03-02 08:00"))
    call_command("cronloop", repeat=1, sleep=0)
    assert ran() == ["daily"]


def test_with_names_it_leaves_what_others_have_queued(jobs: Listing) -> None:
    jobs.add("daily", run_at_times=["09:00"])
    jobs.add("always")
    registry.sync(at("2026-03-02 08:00"))
    control.run_now(Job.objects.get(code="daily"), at("2026-03-02 08:00"))
    call_command("cronloop", cron_classes=["always"], repeat=1, sleep=0)
    assert ran() == ["always"]


@pytest.mark.parametrize("error", [OperationalError("the server closed the connection"), ValueError("of a class")])
def test_a_tick_that_goes_wrong_is_made_up_for_by_the_next(
    error: Exception, jobs: Listing, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs.add("always")
    troubles = [error]
    tick = scheduler.tick

    def stumbling(*arguments, **options):  # type: ignore[no-untyped-def]
        if troubles:
            raise troubles.pop()
        return tick(*arguments, **options)

    monkeypatch.setattr(scheduler, "tick", stumbling)
    monkeypatch.setattr(cronloop.connection, "close", lambda: None)  # the test's own transaction
    call_command("cronloop", repeat=2, sleep=0)
    assert ran() == ["always"]


@pytest.mark.parametrize("executor", sorted(EXECUTORS))
def test_it_ends_when_the_runs_of_its_last_tick_have_ended(executor: str, tmp_path: Path) -> None:
    office = Installation(tmp_path, f"{JOBS}.MayRunBesideItself", JOBS_EXECUTOR=executor)
    office.manage("cronloop", "--repeat", "2", "--sleep", "1")
    assert [run["status"] for run in office.runs("beside_itself")] == ["succeeded"] * 2
    assert office.held_leases() == []
