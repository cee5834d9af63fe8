"""Runs in the calling process, one after the other: for tests and debuggers.

Offers no cancel and keeps no output, which goes where the process prints.
"""

from __future__ import annotations

import os
import socket

from backoffice.jobs import lifecycle
from backoffice.jobs.executors.base import Executor
from backoffice.jobs.heartbeat import Heartbeat
from backoffice.jobs.lifecycle import Holder, News
from backoffice.jobs.models import Run, RunStatus
from backoffice.jobs.models.lease import startable_runs
from backoffice.jobs.progress import LatestProgress
from backoffice.jobs.runner import Circumstances, perform


class InlineExecutor(Executor):
    offers_cancel = False
    keeps_output = False

    def submit(self, run: Run) -> None:
        _carry_out(run)

    def step(self, wait: float) -> None:
        if self.only_submitted:
            return
        for run in startable_runs().select_related("job"):
            _carry_out(run)

    @property
    def is_busy(self) -> bool:
        return False

    def close(self, grace: float) -> None:
        return


def _carry_out(run: Run) -> None:
    """Run the job here and now. Ctrl-C ends the run, is recorded as its failure, and goes on to the caller."""
    if run.job.problem:
        lifecycle.fail_queued(run, run.job.problem)
        return
    holder = Holder(socket.gethostname(), os.getpid(), os.getpid())
    if not lifecycle.start(run, holder) or run.token is None:
        return
    progress = LatestProgress()
    with Heartbeat(run.token):
        outcome = perform(run.job.class_path, Circumstances(run.is_dry_run, progress.tell))
    if outcome.status == RunStatus.SKIPPED:
        lifecycle.abandon_start(run, outcome.message)
    else:
        told = progress.news()
        lifecycle.finish(run, outcome, News("", 0, told) if told else None)
    if outcome.is_ctrl_c:
        raise KeyboardInterrupt
