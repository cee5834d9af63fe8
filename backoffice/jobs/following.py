"""What is written of runs while they go on, and what is read: output and progress, and whether they are to stop."""

from __future__ import annotations

import logging
from collections.abc import Collection

from backoffice.jobs import lifecycle
from backoffice.jobs.assignment import Assignment
from backoffice.jobs.models import Run, RunStatus

logger = logging.getLogger(__name__)


def write_news(assignments: Collection[Assignment]) -> None:
    """Write what each has told since the last time. One that lost its run is ended, and writes nothing."""
    for assignment in assignments:
        news = None if assignment.outcome else assignment.news()
        if news is None:
            continue
        if lifecycle.tell(assignment.run, news):
            assignment.is_written(news)
        else:
            logger.warning("%s: run %s lost its lease", assignment.run.job.code, assignment.run.pk)
            assignment.child.kill()


def ask_cancelled_to_stop(assignments: Collection[Assignment]) -> None:
    """Ask those to stop whose run somebody has cancelled, on whatever host; one query."""
    running = {a.run.pk: a for a in assignments if not (a.outcome or a.stop)}
    if not running:
        return
    cancelled = Run.objects.being_cancelled().filter(pk__in=running).select_related("job", "cancel_requested_by")
    for run in cancelled:
        logger.info("%s: run %s is asked to stop", run.job.code, run.pk)
        running[run.pk].ask_to_stop(RunStatus.CANCELLED, lifecycle.cancelled_words(run))
