"""Pauses: nothing that comes due is started, everybody sees why, and what was missed follows the job's policy."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from pytest_django import DjangoAssertNumQueries, Settings

from backoffice.jobs import control, registry, scheduler
from backoffice.jobs.attention import attention
from backoffice.jobs.models import Job, MissedPolicy, Pause, Run, RunStatus
from backoffice.jobs.timetable import Timetable
from tests.jobs.listing import Listing, at
from tests.jobs.staff import person

pytestmark = pytest.mark.django_db

MONDAY = at("2026-03-02 08:00")
HOUR = timedelta(hours=1)


@pytest.fixture
def jobs(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Listing:
    return Listing(settings, monkeypatch)


@pytest.fixture
def hourly(jobs: Listing) -> Job:
    """It has run at eight."""
    jobs.add("hourly", run_every_mins=60)
    assert tick(MONDAY) == ["hourly"]
    return Job.objects.get(code="hourly")


@pytest.fixture
def ann() -> User:
    return person("Job manager", name="ann")


def tick(now: datetime) -> list[str]:
    registry.sync(now)
    return [run.job.code for run in scheduler.tick(now)]


def missed() -> list[tuple[int, str]]:
    return list(Run.objects.filter(status=RunStatus.MISSED).order_by("pk").values_list("slots_covered", "summary"))


@pytest.mark.parametrize("of_all", [True, False])
def test_a_paused_job_is_not_started_and_resumes_with_one_late_run_that_says_why(
    hourly: Job, ann: User, of_all: bool
) -> None:
    job = None if of_all else hourly
    control.pause(job, MONDAY + HOUR / 2, by=ann, reason="stocktaking")
    assert [tick(MONDAY + hours * HOUR) for hours in (1, 2, 3)] == [[], [], []]
    assert not scheduler.is_due(hourly, MONDAY + 3 * HOUR)
    assert control.resume(job, MONDAY + 3.5 * HOUR, by=ann, reason="done")
    assert tick(MONDAY + 3.6 * HOUR) == ["hourly"]
    late = Run.objects.latest("pk")
    assert (late.slots_covered, late.covers_from) == (3, MONDAY + HOUR)
    assert late.reason == "It was paused by ann from 2026-03-02 08:30 to 2026-03-02 11:30: stocktaking."
    assert tick(MONDAY + 3.7 * HOUR) == []
    assert tick(MONDAY + 4 * HOUR) == ["hourly"]
    assert Run.objects.latest("pk").reason == ""


def test_a_pause_until_a_moment_ends_by_itself_and_what_was_missed_is_recorded_with_who_and_why(
    hourly: Job, ann: User
) -> None:
    control.change_settings(hourly, {"missed_policy": MissedPolicy.RECORD}, MONDAY)
    control.pause(hourly, MONDAY, by=ann, reason="stocktaking", until=MONDAY + 2 * HOUR + timedelta(minutes=5))
    assert tick(MONDAY + 2 * HOUR + timedelta(minutes=4)) == []
    # The slot of ten o'clock is but some minutes old, and still it was not wanted.
    assert tick(MONDAY + 2 * HOUR + timedelta(minutes=6)) == []
    words = "It was paused by ann from 2026-03-02 08:00 to 2026-03-02 10:05: stocktaking."
    assert missed() == [(2, f"{words} Recorded as missed, as the job's policy says.")]
    assert tick(MONDAY + 3 * HOUR) == ["hourly"]


def test_the_slot_with_which_a_pause_ends_is_run(hourly: Job) -> None:
    control.change_settings(hourly, {"missed_policy": MissedPolicy.RECORD}, MONDAY)
    control.pause(hourly, MONDAY, until=MONDAY + 2 * HOUR)
    assert tick(MONDAY + 2 * HOUR) == ["hourly"]
    assert [count for count, _why in missed()] == [1]


def test_the_others_go_on_while_one_is_paused_and_all_rest_while_all_are(hourly: Job, jobs: Listing) -> None:
    jobs.add("always")
    control.pause(hourly, MONDAY)
    assert tick(MONDAY + HOUR) == ["always"]
    control.pause(None, MONDAY + HOUR)
    assert tick(MONDAY + 2 * HOUR) == []
    assert control.resume(None, MONDAY + 2 * HOUR)
    assert tick(MONDAY + 3 * HOUR) == ["always"], "one that is paused by itself stays so"


def test_no_command_starts_it_but_one_that_names_it_and_means_it(hourly: Job, jobs: Listing) -> None:
    control.pause(hourly, MONDAY)
    jobs.tick(MONDAY + HOUR, "hourly")
    jobs.tick(MONDAY + HOUR, force=True)
    call_command("run_cron_jobs", stdout=StringIO())
    assert Run.objects.count() == 1
    jobs.tick(MONDAY + HOUR, "hourly", force=True)
    call_command("run_cron_jobs", job="hourly", stdout=StringIO())
    assert Run.objects.count() == 3


def test_a_tick_that_read_the_job_before_it_was_paused_does_not_claim_it(hourly: Job) -> None:
    read = Job.objects.get(pk=hourly.pk)
    control.pause(hourly, MONDAY + HOUR)
    assert scheduler.claim(read, MONDAY + HOUR) is None
    assert Job.objects.get(pk=hourly.pk).next_due_at == MONDAY + HOUR


def test_a_paused_job_is_not_overdue_nor_in_the_minutes_after(hourly: Job) -> None:
    control.pause(hourly, MONDAY, until=MONDAY + 5 * HOUR)
    for minutes in (2 * 60, 5 * 60 + 1, 5 * 60 + 14):
        assert attention(MONDAY + timedelta(minutes=minutes)).overdue == []
    assert attention(MONDAY + timedelta(minutes=5 * 60 + 15)).overdue == ["hourly"]


def test_a_tick_with_paused_jobs_is_one_query_that_reads_its_index(
    hourly: Job, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    control.pause(hourly, MONDAY)
    with django_assert_num_queries(1):
        assert scheduler.tick(MONDAY + HOUR) == []
    plan = Job.objects.runnable().filter(problem="").unpaused(MONDAY).due(MONDAY).explain()
    if connection.vendor == "sqlite":
        assert "job_due" in plan
        assert "TEMP B-TREE" not in plan


def test_to_pause_again_moves_the_end_and_the_history_says_what_was_before_and_after(hourly: Job, ann: User) -> None:
    control.pause(hourly, MONDAY, by=ann, reason="stocktaking")
    control.pause(hourly, MONDAY + HOUR, by=ann, reason="takes longer", until=MONDAY + 9 * HOUR)
    pause = Pause.objects.get()
    assert (pause.since, pause.until, pause.reason) == (MONDAY, MONDAY + 9 * HOUR, "takes longer")
    assert control.resume(hourly, MONDAY + 2 * HOUR, by=ann, reason="done")
    assert not control.resume(hourly, MONDAY + 2 * HOUR, by=ann)
    first = "paused by ann since 2026-03-02 08:00, for good: stocktaking"
    then = "paused by ann from 2026-03-02 08:00 to 2026-03-02 17:00: takes longer"
    assert [entry.change_message for entry in LogEntry.objects.filter(object_id=hourly.pk).order_by("pk")] == [
        f"Paused. Before: not paused. Now: {first}.",
        f"Paused. Before: {first}. Now: {then}.",
        f"Resumed. Before: {then}. done",
    ]
    control.pause(hourly, MONDAY + 3 * HOUR, by=ann)
    assert Pause.objects.get().since == MONDAY + 3 * HOUR


def test_what_was_due_while_paused_is_on_record_when_the_timetable_is_changed_before_it_ends(hourly: Job) -> None:
    control.pause(hourly, MONDAY, reason="stocktaking")
    control.reschedule(hourly, Timetable(every_minutes=30), MONDAY + 2 * HOUR)
    words = "It was paused by the command line since 2026-03-02 08:00, for good: stocktaking."
    assert missed() == [(2, f"{words} Its timetable was changed before it could run.")]
    assert tick(MONDAY + 3 * HOUR) == []


def test_there_is_one_pause_of_all(hourly: Job) -> None:
    control.pause(None, MONDAY)
    control.pause(None, MONDAY + HOUR)
    with pytest.raises(IntegrityError), transaction.atomic():
        Pause.objects.create(job=None, since=MONDAY)


def test_a_moment_that_is_past_and_a_person_without_the_permission_are_refused(hourly: Job) -> None:
    with pytest.raises(ValidationError, match="This moment is past"):
        control.pause(hourly, MONDAY, until=MONDAY)
    viewer = person("Viewer")
    for act in (control.pause, control.resume):
        with pytest.raises(PermissionDenied):
            act(hourly, MONDAY, by=viewer)  # type: ignore[operator]
    assert not Pause.objects.exists()
