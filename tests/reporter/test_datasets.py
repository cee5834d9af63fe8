"""What the built-in datasets count, and what it costs them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django_cron.models import CronJobLog
from import_export.resources import ModelResource

from backoffice.jobs.models import Job, Pause, Run, RunStatus, RunTrigger
from reporter.datasets import base
from reporter.datasets.base import DatasetTaken, Table
from reporter.datasets.builtin import deliveries, job_activity
from reporter.datasets.resources import register_resource
from reporter.models import Delivery, Edition
from reporter.models.choices import TO_USERS
from reporter.periods import period_before
from reporter.publishing import publish
from tests.reporter.conftest import EIGHT, MakeReport, People

pytestmark = pytest.mark.django_db

PERIOD = period_before("yesterday", date(2026, 11, 23), "UTC")
NOON = PERIOD.start + timedelta(hours=12)


@pytest.fixture(autouse=True)
def no_jobs_of_our_own(db: None) -> None:
    Job.objects.all().delete()


def job(code: str, **values: Any) -> Job:
    return Job.objects.create(code=code, class_path=f"x.{code}", is_listed=True, **values)


def run(of: Job, status: RunStatus, queued_at: datetime = NOON, seconds: float | None = None, **values: Any) -> Run:
    if seconds is not None:
        values |= {"started_at": queued_at, "ended_at": queued_at + timedelta(seconds=seconds)}
    defaults = {"trigger": RunTrigger.SLOT, "due_at": queued_at, "covers_from": queued_at, "queued_at": queued_at}
    return Run.objects.create(job=of, status=status, **(defaults | values))


def rows(table: Table) -> dict[str, list[Any]]:
    return {row[0]: list(row[1:]) for row in table.rows}


# --- Job activity ---


def test_job_activity_counts_yesterdays_runs_by_job(db: None) -> None:
    invoices, idle = job("invoices"), job("idle")
    run(invoices, RunStatus.SUCCEEDED, seconds=3)
    run(invoices, RunStatus.SUCCEEDED, seconds=90)
    run(invoices, RunStatus.FAILED, seconds=5)
    run(invoices, RunStatus.INTERRUPTED, seconds=5)
    run(invoices, RunStatus.SKIPPED)
    run(invoices, RunStatus.MISSED, slots_covered=7)
    run(invoices, RunStatus.RUNNING, started_at=NOON)  # without a lease: its supervisor is gone
    run(invoices, RunStatus.FAILED, seconds=600, is_dry_run=True)
    run(idle, RunStatus.SUCCEEDED, queued_at=PERIOD.end, seconds=1)
    run(idle, RunStatus.SUCCEEDED, queued_at=PERIOD.start - timedelta(seconds=2), seconds=1)
    assert rows(job_activity(PERIOD)) == {
        "idle": [0, 0, 0, 0, None],
        "invoices": [5, 3, 1, 7, timedelta(seconds=90)],
    }


def test_job_activity_counts_what_ran_over_midnight_once_on_the_day_it_ended(db: None) -> None:
    late = PERIOD.end - timedelta(seconds=10)
    run(job("invoices"), RunStatus.FAILED, queued_at=late, seconds=60)
    CronJobLog.objects.create(code="stock", start_time=late, end_time=PERIOD.end, is_success=False)
    next_day = period_before("yesterday", date(2026, 11, 24), "UTC")
    assert rows(job_activity(PERIOD)) == {"invoices": [0, 0, 0, 0, None]}
    assert rows(job_activity(next_day)) == {
        "invoices": [1, 1, 0, 0, timedelta(seconds=60)],
        "stock": [1, 1, 0, 0, timedelta(seconds=10)],
    }


def test_job_activity_tells_of_logs_that_stock_django_cron_wrote(db: None) -> None:
    known = run(job("ours"), RunStatus.SUCCEEDED, seconds=1)
    for code, is_success in (("stock", True), ("stock", False), ("ours", True)):
        log = CronJobLog.objects.create(
            code=code, start_time=NOON, end_time=NOON + timedelta(seconds=4), is_success=is_success
        )
    Run.objects.filter(pk=known.pk).update(log=log)
    assert rows(job_activity(PERIOD)) == {
        "ours": [1, 0, 0, 0, timedelta(seconds=1)],
        "stock": [2, 1, 0, 0, timedelta(seconds=4)],
    }


def test_job_activity_says_when_the_scheduler_was_down(db: None) -> None:
    one, two = job("one"), job("two")
    down, up = NOON, NOON + timedelta(hours=2)
    run(one, RunStatus.SUCCEEDED, queued_at=up, covers_from=down, due_at=up, slots_covered=24, seconds=1)
    run(two, RunStatus.SUCCEEDED, queued_at=up, covers_from=down + timedelta(hours=1), seconds=1)
    run(one, RunStatus.SUCCEEDED, queued_at=up + timedelta(hours=3), seconds=1)
    run(two, RunStatus.MISSED, queued_at=PERIOD.end + timedelta(hours=1), covers_from=PERIOD.end - timedelta(hours=1))
    run(two, RunStatus.SUCCEEDED, queued_at=NOON - timedelta(hours=3), trigger=RunTrigger.PERSON, seconds=1)
    assert job_activity(PERIOD).notes == [
        "The scheduler was down from Nov. 22, 2026 12:00 to Nov. 22, 2026 14:00 (2 h 0 min).",
        "The scheduler was down from Nov. 22, 2026 23:00 to Nov. 23, 2026 00:00 (1 h 0 min).",
    ]


def test_a_job_that_was_paused_or_could_not_be_run_is_no_scheduler_that_was_down(db: None) -> None:
    """While something else is claimed something ticks; and in a pause of all jobs nothing is claimed."""
    others, mended, paused = job("others"), job("mended"), job("paused")
    hours = timedelta(hours=1)
    for minutes in range(0, 180, 5):
        run(others, RunStatus.SUCCEEDED, queued_at=NOON + timedelta(minutes=minutes), seconds=1)
    run(mended, RunStatus.SUCCEEDED, queued_at=NOON + 2 * hours, covers_from=NOON - 50 * hours, seconds=1)
    Pause.objects.create(job=paused, since=NOON + 3 * hours, until=NOON + 5 * hours)
    Pause.objects.create(since=NOON + 5 * hours, until=NOON + 7 * hours)
    run(paused, RunStatus.SUCCEEDED, queued_at=NOON + 8 * hours, covers_from=NOON + 2.5 * hours, seconds=1)
    assert job_activity(PERIOD).notes == [
        "The scheduler was down from Nov. 22, 2026 00:00 to Nov. 22, 2026 12:00 (12 h 0 min).",
        "The scheduler was down from Nov. 22, 2026 19:00 to Nov. 22, 2026 20:00 (1 h 0 min).",
    ]


def test_the_scheduler_was_down_over_midnight_on_both_days(db: None) -> None:
    midnight = PERIOD.end
    five = timedelta(minutes=5)
    run(job("one"), RunStatus.SUCCEEDED, queued_at=midnight + 2 * five, covers_from=midnight - five, seconds=1)
    next_day = period_before("yesterday", date(2026, 11, 24), "UTC")
    assert job_activity(PERIOD).notes == [
        "The scheduler was down from Nov. 22, 2026 23:55 to Nov. 23, 2026 00:00 (5 min 0 s)."
    ]
    assert job_activity(next_day).notes == [
        "The scheduler was down from Nov. 23, 2026 00:00 to Nov. 23, 2026 00:10 (10 min 0 s)."
    ]


@pytest.mark.parametrize("count", [1, 40])
def test_job_activity_costs_the_same_queries_for_any_number_of_runs(count: int, django_assert_num_queries: Any) -> None:
    for number in range(count):
        run(job(f"job-{number}"), RunStatus.SUCCEEDED, seconds=1)
        CronJobLog.objects.create(code=f"stock-{number}", start_time=NOON, end_time=NOON)
    with django_assert_num_queries(4):
        job_activity(PERIOD)
    Run.objects.update(covers_from=PERIOD.start)
    with django_assert_num_queries(6):
        job_activity(PERIOD)


# --- Deliveries ---


def test_deliveries_tells_of_each_report_what_became_of_its_mails(make_report: MakeReport, people: People) -> None:
    make_report("Sales", *(f"{n}@example.com" for n in range(6)))
    make_report("Quiet", next_due_at=EIGHT + timedelta(days=9))
    publish(EIGHT)
    states = ("failed", "unknown", "pending", "sending", "skipped")
    for row, state in zip(Delivery.objects.order_by("pk"), states, strict=False):
        Delivery.objects.filter(pk=row.pk).update(state=state)
    today = period_before("yesterday", date(2026, 11, 24), "UTC")
    assert rows(deliveries(today)) == {"Quiet": [0, 0, 0, 0, 0], "Sales": [1, 1, 1, 1, 2]}
    assert rows(deliveries(PERIOD)) == {"Quiet": [0, 0, 0, 0, 0], "Sales": [0, 0, 0, 0, 0]}


@pytest.mark.parametrize("why", TO_USERS)
def test_deliveries_counts_no_tests_and_no_notices(make_report: MakeReport, people: People, why: str) -> None:
    make_report("Sales", "ada@example.com")
    publish(EIGHT)
    Edition.objects.update(why=why)
    assert rows(deliveries(period_before("yesterday", date(2026, 11, 24), "UTC"))) == {"Sales": [0, 0, 0, 0, 0]}


def test_deliveries_counts_what_was_sent_again_once(make_report: MakeReport, people: People) -> None:
    make_report("Sales", "ada@example.com", "bob@example.com")
    publish(EIGHT)
    failed, again = Delivery.objects.order_by("pk")
    Delivery.objects.filter(pk=failed.pk).update(state="failed", superseded_by=again)
    assert rows(deliveries(period_before("yesterday", date(2026, 11, 24), "UTC"))) == {"Sales": [1, 0, 0, 0, 0]}


def test_deliveries_says_what_could_not_be_built(make_report: MakeReport, people: People) -> None:
    make_report("Sales", "ada@example.com")
    people.error = RuntimeError("broken")
    for minutes in (0, 5, 30):
        publish(EIGHT + timedelta(minutes=minutes))
    assert Edition.objects.get().state == "failed"
    today = period_before("yesterday", date(2026, 11, 24), "UTC")
    assert deliveries(today).notes == ["Sales: 1 edition could not be built and was sent to nobody."]


@pytest.mark.parametrize("count", [1, 10])
def test_deliveries_costs_the_same_queries_for_any_number_of_reports(
    count: int, make_report: MakeReport, django_assert_num_queries: Any
) -> None:
    for number in range(count):
        make_report(f"Report {number}", "ada@example.com", "bob@example.com")
    publish(EIGHT)
    with django_assert_num_queries(3):
        deliveries(period_before("yesterday", date(2026, 11, 24), "UTC"))


# --- Registering ---


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, base.Dataset]]:
    base.choices()
    monkeypatch.setattr(base, "_registered", dict(base._registered))
    return base._registered


class UserResource(ModelResource):
    class Meta:
        model = User
        fields = ("username", "email")


def test_a_models_resource_is_a_dataset_over_the_period(registry: dict[str, base.Dataset]) -> None:
    register_resource("users", "New users", UserResource, "date_joined")
    for name, joined in (("before", PERIOD.start - timedelta(seconds=1)), ("in", NOON), ("after", PERIOD.end)):
        User.objects.create(username=name, email=f"{name}@example.com", date_joined=joined)
    found = base.find("users")
    assert found
    assert found.source(PERIOD) == Table(["username", "email"], [("in", "in@example.com")])


def test_a_key_can_be_taken_once(registry: dict[str, base.Dataset]) -> None:
    base.dataset("mine", title="Mine")(lambda period: Table([], []))
    with pytest.raises(DatasetTaken, match="'mine'"):
        base.dataset("mine", title="Mine")(lambda period: Table([], []))


def test_the_built_in_datasets_are_offered(registry: dict[str, base.Dataset]) -> None:
    assert {"job_activity", "deliveries"} <= dict(base.choices()).keys()


# --- Mistakes of those who write datasets ---


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        (Table(["a", "b"], [[1, 2], [1, 2, 3]]), "people: row 2 has 3 cells, 2 columns"),
        (Table(["a", "b"], [[]]), "people: row 1 has 0 cells, 2 columns"),
        ([["a", 1]], "people must return a Table, not list"),
        (None, "people must return a Table, not NoneType"),
    ],
)
def test_a_dataset_that_returns_no_proper_table_is_named(
    returned: Any, words: str, make_report: MakeReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_report("Sales", "ada@example.com")
    monkeypatch.setitem(base._registered, "people", base.Dataset("people", "People", lambda period: returned))
    publish(EIGHT)
    assert Edition.objects.get().problem.endswith(words)


def test_a_dataset_without_rows_is_none_of_these(make_report: MakeReport, people: People) -> None:
    people.rows = []
    make_report("Sales", "ada@example.com")
    assert publish(EIGHT).sent == 1
