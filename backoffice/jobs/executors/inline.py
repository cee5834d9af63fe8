"""Runs in the calling process, one after the other: for tests and debuggers. Offers no cancel."""

from __future__ import annotations

import os
import socket

from backoffice.jobs import lifecycle
from backoffice.jobs.executors.base import Executor
from backoffice.jobs.heartbeat import Heartbeat
from backoffice.jobs.lifecycle import Holder
from backoffice.jobs.models import Run, RunStatus
from backoffice.jobs.runner import perform


class InlineExecutor(Executor):
    offers_cancel = False

    def submit(self, run: Run) -> None:
        _carry_out(run)

    def step(self, wait: float) -> None:
        if self.only_submitted:
            return
        for run in Run.objects.queued().select_related("job"):
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
    with Heartbeat(run.token):
        outcome = perform(run.job.class_path)
    if outcome.status == RunStatus.SKIPPED:
        lifecycle.abandon_start(run, outcome.message)
    else:
        lifecycle.finish(run, outcome)
    if outcome.is_ctrl_c:
        raise KeyboardInterrupt
