"""How a job has been doing: its last runs, its success rate and its usual length, for many jobs at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from backoffice import urls  # noqa: F401  discovers the admin: only then can its modules be imported
from backoffice.jobs.admin import strip
from backoffice.jobs.models import Job, Run, RunStatus, RunTrigger
from backoffice.jobs.recent import Recent, recent, usual

pytestmark = pytest.mark.django_db

S, F = RunStatus.SUCCEEDED, RunStatus.FAILED


def job_with(code: str, *runs: tuple[RunStatus, float]) -> Job:
    """A job whose runs had these ends and lengths in seconds, the oldest first."""
    job = Job.objects.create(code=code, class_path=f"x.{code}")
    start = timezone.now() - timedelta(hours=1)
    for status, seconds in runs:
        began = status not in (RunStatus.MISSED, RunStatus.SKIPPED)
        values = {"started_at": start, "ended_at": start + timedelta(seconds=seconds)} if began else {"ended_at": start}
        Run.objects.create(job=job, status=status, trigger=RunTrigger.SLOT, due_at=start, queued_at=start, **values)
    return job


def lately(job: Job) -> Recent:
    return recent([job.pk])[job.pk]


def test_each_job_has_its_own_last_runs_in_their_order() -> None:
    busy, quiet, none = job_with("busy", *[(S, 1)] * 70, (F, 1)), job_with("quiet", (F, 1), (S, 2)), job_with("none")
    found = recent([busy.pk, quiet.pk, none.pk])
    assert len(found[busy.pk].runs) == 60
    assert found[busy.pk].runs[-1].status == F
    assert [run.status for run in found[quiet.pk].runs] == [F, S]
    assert found[none.pk].runs == []
    assert recent([]) == {}


def test_one_query_by_index_whatever_the_number_of_jobs_and_runs(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    jobs = [job_with(f"job{number}", (S, 1), (F, 1)).pk for number in range(30)]
    with CaptureQueriesContext(connection) as queries, django_assert_num_queries(1):
        recent(jobs)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {queries[0]['sql']}")
            steps = [step for *_, step in cursor.fetchall()]
        assert any("SEARCH jobs_run" in step for step in steps)
        assert not [step for step in steps if step.startswith("SCAN")]


def test_more_jobs_than_one_query_of_sqlite_takes_are_asked_for_in_turn() -> None:
    jobs = [job_with(f"job{number}", (S, 1)).pk for number in range(3)]
    found = recent([*jobs, *range(10**6, 10**6 + 600)])
    assert [len(found[pk].runs) for pk in jobs] == [1, 1, 1]
    assert len(found) == 603


def test_the_success_rate_is_of_runs_that_began_and_is_never_rounded_up() -> None:
    skipped, missed = RunStatus.SKIPPED, RunStatus.MISSED
    assert lately(job_with("a", (skipped, 0), (missed, 0))).percent_succeeded is None
    assert lately(job_with("b", (skipped, 0), (S, 1), (F, 1), (RunStatus.INTERRUPTED, 1))).percent_succeeded == 33
    assert lately(job_with("c", (F, 1), *[(S, 1)] * 58, (missed, 0))).percent_succeeded == 98


def test_runs_that_people_cancelled_are_neither_successes_nor_failures() -> None:
    cancelled = lately(job_with("a", *[(RunStatus.CANCELLED, 1)] * 3))
    assert cancelled.percent_succeeded is None
    assert strip.rate(cancelled) == "none has succeeded or failed yet"
    assert strip.rate(lately(job_with("b"))) == ""
    assert lately(job_with("c", (S, 1), (RunStatus.CANCELLED, 1))).percent_succeeded == 100


def test_what_is_usual_is_told_by_the_last_thirty_that_succeeded() -> None:
    job = job_with("a", *[(S, 1000)] * 5, *[(S, float(seconds)) for seconds in range(1, 31)], *[(F, 0.1)] * 40)
    found = usual(job.pk)
    assert found is not None
    assert found.median == timedelta(seconds=15.5)
    assert timedelta(seconds=28) < found.most < timedelta(seconds=30)
    assert usual(job_with("b", (F, 1)).pk) is None


def test_the_strip_says_in_words_what_it_draws_and_needs_no_inline_style() -> None:
    seen = lately(job_with("a", (S, 4), (S, 1), (F, 0.1), (RunStatus.SKIPPED, 0)))
    drawn = strip.strip(seen)
    words = "The last 4 runs: 2 succeeded, 1 failed, 1 skipped."
    assert f'role="img" aria-label="{words}"' in drawn
    assert "style" not in drawn
    assert 'class="tint-bad"' in drawn, "a short failure is seen, too"
    linked = strip.strip(seen, with_links=True)
    assert linked.count("<a href=") == 4
    assert "failed, " in linked
    assert "50 % succeeded" not in strip.rate(seen)
    assert "66 % succeeded" in strip.rate(seen)
    assert "no runs yet" in strip.strip(Recent())
