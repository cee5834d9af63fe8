"""The polite stop: a KeyboardInterrupt in the job, as Ctrl-C would be, and nowhere else in its process."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Interruption:
    """Made by the main thread, in which jobs run; asked for by another."""

    def __init__(self) -> None:
        self._run: int | None = None
        self._is_wanted = False
        self._is_in_job = False
        self.has_reached_job = False
        signal.signal(signal.SIGINT, self._handle)

    def expect(self, run: int) -> None:
        """From now on ``run`` may be asked to stop."""
        self._is_wanted = self.has_reached_job = False
        self._run = run

    @contextmanager
    def around_job(self) -> Iterator[None]:
        self._is_in_job = True
        try:
            if self._is_wanted:
                self.has_reached_job = True
                raise KeyboardInterrupt
            yield
        finally:
            self._is_in_job = False

    def ask(self, run: int) -> None:
        """Ask the job to stop, if it is still ``run``."""
        if run != self._run:
            return
        self._is_wanted = True
        if self._is_in_job:
            self.has_reached_job = True
            _interrupt_main_thread()

    def _handle(self, _number: int, _frame: Any) -> None:
        if self._is_in_job or not self._is_wanted:  # or else the job was over a moment before
            raise KeyboardInterrupt


def _interrupt_main_thread() -> None:
    """With a real signal: it wakes a job that sleeps, or waits for a socket."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    else:
        signal.raise_signal(signal.SIGINT)
