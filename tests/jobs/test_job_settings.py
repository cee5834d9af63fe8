"""What staff set about a job: what cannot be is refused on its field, and what is done is on record."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from backoffice.jobs import control
from backoffice.jobs.models import Job
from tests.jobs.staff import person

pytestmark = pytest.mark.django_db

NOW = timezone.now()


@pytest.fixture
def job() -> Job:
    Job.objects.all().delete()
    data = {"every_minutes": 60}
    return Job.objects.create(code="shop.tidy", class_path="shop.Tidy", lock_seconds=3600, timetable_data=data)


def test_what_was_before_and_after_and_why_is_in_the_history(job: Job) -> None:
    ann = person("Job manager", name="ann")
    values = {"time_limit_seconds": 600, "overlap_policy": "wait", "max_retries": 2, "is_enabled": True}
    assert control.change_settings(job, values, NOW, by=ann, reason="it hung twice")
    assert (job.time_limit_seconds, job.seconds_allowed, job.waits_its_turn) == (600, 600, True)
    assert not control.change_settings(job, values, NOW, by=ann, reason="again")
    assert LogEntry.objects.get().change_message == (
        "time limit, in seconds: as in the code → 600; while it still runs: skip it → wait for its turn; "
        "retries: as in the code → 2. it hung twice"
    )
    assert control.change_settings(job, {"time_limit_seconds": None}, NOW)
    assert Job.objects.get().seconds_allowed == 3600


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"time_limit_seconds": 0}, "time_limit_seconds"),
        ({"time_limit_seconds": 3601}, "time_limit_seconds"),
        ({"time_limit_seconds": "soon"}, "time_limit_seconds"),
        ({"max_retries": 101}, "max_retries"),
        ({"max_retries": -1}, "max_retries"),
        ({"retry_pause_minutes": 5}, "retry_pause_minutes"),
        ({"max_retries": 3, "retry_pause_minutes": 0}, "retry_pause_minutes"),
        ({"overlap_policy": "both"}, "overlap_policy"),
        ({"missed_policy": ""}, "missed_policy"),
    ],
)
def test_what_cannot_be_is_refused_on_its_field_and_nothing_is_changed(
    job: Job, values: dict[str, Any], field: str
) -> None:
    before = Job.objects.values().get()
    with pytest.raises(ValidationError) as refused:
        control.change_settings(job, {"missed_policy": "record"} | values, NOW)
    assert list(refused.value.message_dict) == [field]
    assert Job.objects.values().get() == before


def test_what_is_switched_on_again_begins_anew(job: Job) -> None:
    old = NOW - timedelta(days=3)
    Job.objects.update(is_enabled=False, next_due_at=old, next_slot_at=old)
    job.refresh_from_db()
    assert control.change_settings(job, {"is_enabled": True}, NOW)
    assert job.next_due_at is not None
    assert Job.objects.get().next_due_at == job.next_due_at >= NOW - timedelta(minutes=1)


def test_another_column_is_no_setting_and_a_viewer_changes_none(job: Job) -> None:
    with pytest.raises(KeyError):
        control.change_settings(job, {"next_due_at": None}, NOW)
    with pytest.raises(PermissionDenied):
        control.change_settings(job, {"max_retries": 1}, NOW, by=person("Viewer"))
