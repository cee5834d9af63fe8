"""What the end of a run leaves: its row in the log, how its job stands, and when it is tried again.

Parts of the changes in lifecycle.py, inside their transactions.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils import translation
from django_cron.models import CronJobLog

from backoffice.jobs.models import Job, Run, RunStatus
from backoffice.jobs.models.choices import LOGGED, TROUBLE
from backoffice.jobs.models.job import MAX_CODE_LENGTH
from backoffice.jobs.told import anew

# Minutes to the first retry where staff have said how often a job is tried again, and not when. Each further pause
# is twice as long, up to the longest.
FIRST_RETRY_MINUTES = 5
LONGEST_RETRY_MINUTES = 24 * 60


def record(run: Run, status: RunStatus, message: str) -> None:
    """The log row and the job's summary of a run that has just ended."""
    if status not in LOGGED:
        return
    with translation.override(settings.LANGUAGE_CODE):  # and not that of whoever ends it from the browser
        message = anew(message)
    log = CronJobLog.objects.create(
        # The stand-in of a class that does not load has its path for a code.
        code=run.job.code[:MAX_CODE_LENGTH],
        start_time=run.started_at,
        end_time=run.ended_at,
        is_success=status == RunStatus.SUCCEEDED,
        message=f"{message}\n" if message else "",  # stock ends each message so
        ran_at_time=run.ran_at_time,
    )
    Run.objects.filter(pk=run.pk).update(log=log)
    run.log = log
    if not run.is_dry_run:  # which says nothing of how the job stands
        _sum_up(run, status)


def _sum_up(run: Run, status: RunStatus) -> None:
    """How the job stands after a run, and when it is tried again. What was cancelled neither failed nor succeeded."""
    job = Job.objects.filter(pk=run.job_id)
    summary: dict[str, Any] = {"last_run": run}
    if status == RunStatus.SUCCEEDED:
        # Whoever started it: what a retry was to put right is done.
        summary |= {"failures_in_a_row": 0, "last_success_at": run.started_at}
        summary |= {"retry_at": None, "next_due_at": F("next_slot_at")}
    elif status in TROUBLE:
        summary |= {"failures_in_a_row": F("failures_in_a_row") + 1}
        if at := retry_at(run, job.get()):
            summary |= {"retry_at": at, "next_due_at": at}
    job.update(**summary)


def retry_at(run: Run, job: Job) -> datetime | None:
    """When a run that failed is tried again; None if it is not."""
    if run.started_at is None or run.ended_at is None:
        return None
    if job.max_retries is None:
        # As in stock: no attempt before that moment, one with the first tick after it; and so on until one succeeds.
        return run.started_at + timedelta(minutes=job.retry_minutes) if job.retry_minutes else None
    if run.attempt > job.max_retries:
        return None
    first = job.retry_pause_minutes or FIRST_RETRY_MINUTES
    minutes = min(first * 2 ** min(run.attempt - 1, 20), max(first, LONGEST_RETRY_MINUTES))
    return run.ended_at + timedelta(minutes=minutes)
