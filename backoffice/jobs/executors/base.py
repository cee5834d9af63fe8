"""Where runs are carried out. A new executor is one file here, and passes tests/jobs/test_executors.py."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from django.conf import settings
from django.utils.module_loading import import_string

from backoffice.jobs.models import Run
from backoffice.jobs.pool import Sink

EXECUTORS = {
    "process": "backoffice.jobs.executors.process.ProcessExecutor",
    "inline": "backoffice.jobs.executors.inline.InlineExecutor",
}


class Executor(ABC):
    """Carries out queued runs. ``only_submitted`` leaves alone what others have queued."""

    # Whether a run can be ended while it goes on, and whether what it prints is kept.
    offers_cancel: ClassVar[bool]
    keeps_output: ClassVar[bool]

    def __init__(self, sink: Sink, *, only_submitted: bool = False) -> None:
        self.sink = sink
        self.only_submitted = only_submitted

    @abstractmethod
    def submit(self, run: Run) -> None:
        """See to it that this queued run is carried out."""

    @abstractmethod
    def step(self, wait: float) -> None:
        """Do what there is to do now; wait at most ``wait`` seconds for something to happen."""

    @property
    @abstractmethod
    def is_busy(self) -> bool:
        """Whether a run that was submitted, or that is carried out here, has not ended yet."""

    @abstractmethod
    def close(self, grace: float) -> None:
        """Take on nothing more; give what runs ``grace`` seconds to end, then end it honestly."""


def make_executor(sink: Sink, *, only_submitted: bool = False) -> Executor:
    """The executor that JOBS_EXECUTOR names. Raises ValueError for one that there is not."""
    if settings.JOBS_EXECUTOR not in EXECUTORS:
        raise ValueError(f"JOBS_EXECUTOR is {settings.JOBS_EXECUTOR!r}; there are {', '.join(EXECUTORS)}")
    executor: Executor = import_string(EXECUTORS[settings.JOBS_EXECUTOR])(sink, only_submitted=only_submitted)
    return executor
