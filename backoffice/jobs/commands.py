"""What the scheduling commands share: marks, exit status, signals, and one tick from a console."""

from __future__ import annotations

import contextlib
import logging
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import CommandError, OutputWrapper

from backoffice.jobs.executors.base import Executor, make_executor
from backoffice.jobs.models import Run, RunStatus
from backoffice.jobs.pool import Sink
from backoffice.jobs.tables import NeedsTables

DONE = "\N{HEAVY CHECK MARK}"
FAILED = "\N{HEAVY BALLOT X}"
NOT_RUN = " "

MARKS = {
    RunStatus.SUCCEEDED: DONE,
    RunStatus.FAILED: FAILED,
    RunStatus.INTERRUPTED: FAILED,
    RunStatus.CANCELLED: FAILED,
}

# Seconds that a scheduler which is told to stop gives the jobs that run.
GRACE_SECONDS = 4.0


class SchedulingCommand(NeedsTables):
    """A command that carries out runs. It pays for no system checks: those import the whole site."""

    requires_system_checks: list[str] = []

    is_silent = False
    _called_from_command_line: bool  # set by Django

    def say(self, text: str) -> None:
        if not self.is_silent:
            self._write(self.stdout, text)

    def complain(self, text: str) -> None:
        """On stderr, which a crontab mails."""
        self._write(self.stderr, text)

    @staticmethod
    def _write(stream: OutputWrapper, text: str) -> None:
        """A console that is full, closed or gone costs the line, never the tick."""
        with contextlib.suppress(OSError, ValueError):
            stream.write(text)

    def report(self, run: Run) -> None:
        """One line for a run that has ended."""
        run.refresh_from_db(fields=["status", "summary"])
        self.say(f"[{MARKS.get(RunStatus(run.status), NOT_RUN)}] {run.job.code}")
        if run.status != RunStatus.SUCCEEDED and run.summary:
            self.say(f"    {run.summary}")

    def leave_the_log_to_its_file(self) -> None:
        """On the command line this says itself what ran: the console need not show it twice, or a crontab mail it."""
        if not self._called_from_command_line:
            return
        for name in ("backoffice", "django_cron", "reporter"):
            for handler in logging.getLogger(name).handlers:
                if type(handler) is logging.StreamHandler:
                    handler.setLevel(logging.WARNING)

    def make_executor(self, *, only_submitted: bool = False) -> Executor:
        """Raises CommandError for a JOBS_EXECUTOR that there is not."""
        try:
            return make_executor(self._sink(), only_submitted=only_submitted)
        except ValueError as error:
            raise CommandError(str(error)) from error

    def _sink(self) -> Sink:
        """What jobs print goes where the command prints; nowhere if that is closed, or wanted silent."""

        def write(chunk: bytes) -> None:
            if self.is_silent:
                return
            with contextlib.suppress(OSError, ValueError):
                self.stdout.write(chunk.decode("utf-8", "backslashreplace"), ending="")

        return write

    def end(self, *, failed: bool) -> None:
        """Exit status 1 for a failure on the command line; ``call_command`` returns, as stock's does."""
        if failed and self._called_from_command_line:
            sys.exit(1)


@contextmanager
def stop_signals(*, leave_ctrl_c: bool = False) -> Iterator[threading.Event]:
    """An event that SIGTERM and Ctrl-C set, instead of ending the process in the middle of something.

    ``leave_ctrl_c``: both act as usual, since the job runs in this very process. So they do in any other thread
    than the main one, which alone hears signals.
    """
    stop = threading.Event()
    if leave_ctrl_c or threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def handle(_number: int, _frame: Any) -> None:
        stop.set()

    names = [name for name in ("SIGTERM", "SIGINT", "SIGBREAK") if hasattr(signal, name)]
    former = {getattr(signal, name): signal.signal(getattr(signal, name), handle) for name in names}
    try:
        yield stop
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
