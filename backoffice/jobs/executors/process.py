"""Runs in child processes on this host: the default."""

from __future__ import annotations

from backoffice.jobs.clock import steady_seconds
from backoffice.jobs.executors.base import Executor
from backoffice.jobs.models import Run
from backoffice.jobs.pool import Sink
from backoffice.jobs.supervisor import LOOK_SECONDS, Supervisor
from backoffice.jobs.tolerance import tolerated


class ProcessExecutor(Executor):
    offers_cancel = True
    keeps_output = True

    def __init__(self, sink: Sink, *, only_submitted: bool = False) -> None:
        super().__init__(sink, only_submitted=only_submitted)
        self._submitted: set[int] = set()
        self._next_look = 0.0
        self._supervisor = Supervisor(sink, self._submitted if only_submitted else None)

    def submit(self, run: Run) -> None:
        self._submitted.add(run.pk)
        self._supervisor.look_now()

    def step(self, wait: float) -> None:
        self._supervisor.step(wait)
        if self._submitted and steady_seconds() >= self._next_look:
            self._next_look = steady_seconds() + LOOK_SECONDS / 2
            self._forget_ended()

    def _forget_ended(self) -> None:
        """Drop what has ended; another supervisor may have carried it out."""
        with tolerated("see which runs have ended"):
            unfinished = Run.objects.filter(pk__in=self._submitted).unfinished().values_list("pk", flat=True)
            self._submitted.intersection_update(list(unfinished))

    @property
    def is_busy(self) -> bool:
        return self._supervisor.is_busy or bool(self._submitted)

    def close(self, grace: float) -> None:
        self._supervisor.close(grace)
