"""What is kept how long. Deleted in batches, so that no tick waits for a delete and no delete for a tick."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Model, QuerySet
from django_cron.models import CronJobLog

from backoffice.jobs.models import Job, Run
from backoffice.jobs.models.choices import UNFINISHED

# Rows that one DELETE takes, and DELETEs that one tick spends on a table.
BATCH_ROWS = 1000
BATCHES_PER_TICK = 10


def clean_up(now: datetime) -> int:
    """Delete what is too old, a bounded number of rows; returns how many. What is left comes next time."""
    return _clean_logs(now) + _clean_runs(now)


def _clean_logs(now: datetime) -> int:
    days = getattr(settings, "DJANGO_CRON_DELETE_LOGS_OLDER_THAN", None)
    if days is None:  # as in stock: without the setting, logs are kept
        return 0
    old = CronJobLog.objects.filter(end_time__lt=days_before(now, days)).order_by("end_time")
    kept: set[int] = set()
    codes: set[str] = set()
    deleted = 0
    for _batch in range(BATCHES_PER_TICK):
        batch = list(old.exclude(pk__in=kept).values_list("pk", "code")[:BATCH_ROWS])
        met = {code for _pk, code in batch} - codes
        codes |= met
        for code in Job.objects.filter(code__in=met).values_list("code", flat=True):
            kept |= _measured_from(code)
        deleted += _delete_rows(CronJobLog, [pk for pk, _code in batch if pk not in kept])
        if len(batch) < BATCH_ROWS:
            break
    return deleted


def _measured_from(code: str) -> set[int]:
    """The logs that a schedule may be measured from: the latest of the job, and its latest success.

    A query for each job that has old logs: one for all would read the whole log for a job that has none.
    """
    logs = CronJobLog.objects.filter(code=code).order_by("-start_time").values_list("pk", flat=True)
    return {pk for pk in (logs.first(), logs.filter(is_success=True).first()) if pk is not None}


def _clean_runs(now: datetime) -> int:
    old = Run.objects.filter(queued_at__lt=days_before(now, settings.JOBS_KEEP_RUNS_DAYS)).order_by("queued_at")
    last = Job.objects.filter(last_run__isnull=False).values("last_run")
    return _delete(old.exclude(status__in=UNFINISHED).exclude(pk__in=last))


def days_before(now: datetime, days: float) -> datetime:
    """``days`` before ``now``; before any row where somebody wrote 999999 to keep them for ever."""
    try:
        return now - timedelta(days=days)
    except OverflowError:
        return datetime(1970, 1, 1, tzinfo=UTC)


def _delete(rows: QuerySet[Any]) -> int:
    deleted = 0
    for _batch in range(BATCHES_PER_TICK):
        keys = list(rows.values_list("pk", flat=True)[:BATCH_ROWS])
        deleted += _delete_rows(rows.model, keys)
        if len(keys) < BATCH_ROWS:
            break
    return deleted


def _delete_rows(model: type[Model], keys: list[int]) -> int:
    # Only the keys are read for it: a message may be long, and there are many.
    model._default_manager.filter(pk__in=keys).only("pk").delete()
    return len(keys)
