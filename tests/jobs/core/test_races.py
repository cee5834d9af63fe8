"""Eight processes at one barrier: whatever they want at once, one of them gets it, and none of them sees an error."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Barrier
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone
from django_cron.management.commands.runcrons import run_cron_with_cache_check
from django_cron.models import CronJobLog
from pytest_django import DjangoDbBlocker

from backoffice.jobs import control, lifecycle, scheduler
from backoffice.jobs.lifecycle import Holder, Outcome
from backoffice.jobs.models import Job, Lease, Run, RunStatus
from tests import migrated
from tests.environment import fresh_environment
from tests.jobs.core.fixture_jobs import EveryMinute, Quick, RunsOnceUnderStock
from tests.jobs.core.processes import Place, place_at
from tests.jobs.core.racers import RACERS, ROUNDS, Racers


@dataclass
class Track:
    place: Place
    racers: Racers

    @property
    def race(self) -> Callable[..., list[list[Any]]]:
        return self.racers.race


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def racers_at_a_place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker
) -> Iterator[Track]:
    """Once for all races on a database."""
    with ExitStack() as stack:
        url = stack.enter_context(migrated.postgres_copy()) if request.param == "postgres" else ""
        stack.enter_context(django_db_blocker.unblock())
        place = stack.enter_context(place_at(fresh_environment(tmp_path_factory.mktemp("track") / "data"), url))
        racers = Racers(place.environment)
        stack.callback(racers.close)
        yield Track(place, racers)


@pytest.fixture
def track(racers_at_a_place: Track) -> Track:
    """With nothing left of the race before."""
    for model in (Lease, Job, CronJobLog):
        model.objects.all().delete()
    return racers_at_a_place


def take_lease(barrier: Barrier, number: int) -> list[bool]:
    won = []
    for _round in range(ROUNDS):
        token = uuid.uuid4()
        barrier.wait()
        won.append(Lease.objects.take("core.raced", job=None, run=None, token=token, host="here", pid=os.getpid()))
        barrier.wait()
        if won[-1]:
            Lease.objects.free(token)
    return won


def test_one_of_eight_processes_holds_the_lease_in_every_round(track: Track) -> None:
    results = track.race(take_lease)

    assert [sum(of_round) for of_round in zip(*results, strict=True)] == [1] * ROUNDS


def tick_start_and_finish(barrier: Barrier, number: int, begin: datetime) -> list[tuple[int, bool, bool]]:
    """Each round a minute later: all tick, all start what is queued, all finish it."""
    came_to = []
    for minute in range(ROUNDS):
        barrier.wait()
        claimed = scheduler.tick(begin + timedelta(minutes=minute))
        barrier.wait()
        run = Run.objects.queued().select_related("job").get()
        barrier.wait()
        started = lifecycle.start(run, Holder("here", os.getpid(), os.getpid()))
        barrier.wait()
        finished = lifecycle.finish(run, Outcome(RunStatus.SUCCEEDED, str(number)))
        came_to.append((len(claimed), started, finished))
    return came_to


def test_of_eight_schedulers_one_claims_a_slot_and_one_starts_its_run(track: Track) -> None:
    begin = datetime(2026, 3, 1, tzinfo=UTC)
    job = track.place.job(EveryMinute)
    Job.objects.filter(pk=job.pk).update(
        is_listed=True, next_due_at=begin, next_slot_at=begin, interval_anchor=begin, claimed_at=None
    )

    results = track.race(tick_start_and_finish, begin)

    for of_round in zip(*results, strict=True):
        assert [sum(column) for column in zip(*of_round, strict=True)] == [1, 1, 1]
    assert CronJobLog.objects.filter(is_success=True).count() == ROUNDS
    assert Run.objects.filter(slots_covered=1).count() == Run.objects.count() == ROUNDS


def press_run_now(barrier: Barrier, number: int, job_id: int, people: list[int]) -> list[bool]:
    """Each as another person, in a process of their own."""
    settings.JOBS_START_DETACHED = False  # the queue is looked at by the race alone
    job, person = Job.objects.get(pk=job_id), User.objects.get(pk=people[number])
    was_queued = []
    for _round in range(ROUNDS // 10):
        barrier.wait()
        try:
            control.run_now(job, timezone.now(), by=person)
            was_queued.append(True)
        except control.AlreadyQueued:
            was_queued.append(False)
        barrier.wait()
        if was_queued[-1]:
            Run.objects.queued().update(status=RunStatus.CANCELLED)
    return was_queued


def test_of_eight_people_who_press_run_now_at_once_one_gets_a_run(track: Track) -> None:
    job = track.place.job(Quick)
    people = [User.objects.create_superuser(f"person-{number}").pk for number in range(RACERS)]

    results = track.race(press_run_now, job.pk, people)

    assert [sum(of_round) for of_round in zip(*results, strict=True)] == [1] * (ROUNDS // 10)
    assert Run.objects.count() == ROUNDS // 10


def start_own_run(barrier: Barrier, number: int, run_ids: list[list[int]]) -> list[str]:
    """Each round, a run of one's own; its state is what counts."""
    came_to = []
    for of_round in run_ids:
        run = Run.objects.select_related("job").get(pk=of_round[number])
        barrier.wait()
        lifecycle.start(run, Holder("here", os.getpid(), os.getpid()))
        barrier.wait()
        came_to.append(Run.objects.values_list("status", flat=True).get(pk=run.pk))
        lifecycle.finish(run, Outcome(RunStatus.SUCCEEDED)) if run.token else None
    return came_to


def test_of_eight_runs_of_a_job_one_starts_and_the_others_are_skipped(track: Track) -> None:
    run_ids = [[track.place.queue(Quick).pk for _racer in range(RACERS)] for _round in range(10)]

    for of_round in zip(*track.race(start_own_run, run_ids), strict=True):
        assert sorted(of_round) == ["running"] + ["skipped"] * (RACERS - 1)


def take_over(barrier: Barrier, number: int, run_ids: list[list[int]]) -> list[bool]:
    """Each round, the holder of the lease is gone, and everybody wants it for a run of their own."""

    came_to = []
    for of_round in run_ids:
        run = Run.objects.select_related("job").get(pk=of_round[number])
        barrier.wait()
        came_to.append(lifecycle.start(run, Holder("here", os.getpid(), os.getpid())))
        barrier.wait()
        if came_to[-1]:
            Lease.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    return came_to


def test_of_eight_that_find_an_expired_lease_one_takes_it_over_and_leaves_one_log(track: Track) -> None:
    rounds = 10
    run_ids = [[track.place.queue(Quick).pk for _racer in range(RACERS)] for _round in range(rounds)]

    results = track.race(take_over, run_ids)

    assert [sum(of_round) for of_round in zip(*results, strict=True)] == [1] * rounds
    assert CronJobLog.objects.filter(is_success=False).count() == rounds - 1


def run_as_stock_does(barrier: Barrier, number: int) -> list[bool]:
    """Each round, who has the lock keeps it until all others have asked for it."""
    ran = []
    for _round in range(ROUNDS // 10):
        RunsOnceUnderStock.others_have_asked, RunsOnceUnderStock.ran = barrier.wait, False
        barrier.wait()
        run_cron_with_cache_check(RunsOnceUnderStock, force=True, silent=True)
        ran.append(RunsOnceUnderStock.ran)
        if not ran[-1]:
            barrier.wait()
    return ran


def test_one_of_eight_stock_managers_runs_under_our_lock(track: Track) -> None:
    results = track.race(run_as_stock_does)

    assert [sum(of_round) for of_round in zip(*results, strict=True)] == [1] * (ROUNDS // 10)


def test_of_eight_ticks_at_the_same_moment_one_runs_what_is_due_and_none_complains(any_place: Place) -> None:
    """The whole command, from the first time that the job is seen."""
    due = {"CRON_CLASSES": f"{EveryMinute.__module__}.{EveryMinute.__name__}"}
    ticks = [any_place.start("runcrons", **due) for _racer in range(RACERS)]

    assert [tick.wait(60) for tick in ticks] == [0] * RACERS

    slots = Run.objects.values_list("slot", "status")
    ran = [slot for slot, status in slots if status == RunStatus.SUCCEEDED]
    assert len(list(any_place.notes.glob("every-minute-*"))) == len(ran) >= 1
    assert len(slots) == len({slot for slot, _status in slots})
    # Where a minute turns over meanwhile, its slot may find the run before still going.
    assert {status for _slot, status in slots} <= {RunStatus.SUCCEEDED, RunStatus.SKIPPED}
    assert not re.search("locked|deadlock|Traceback|Could not", any_place.output())
