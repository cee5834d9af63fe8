"""The sign of life of a process that takes whatever is queued, for those who queue something."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from backoffice.jobs.clock import steady_seconds
from backoffice.jobs.heartbeat import heartbeat_seconds
from backoffice.jobs.models import SchedulerProcess
from backoffice.jobs.tolerance import tolerated

# Seconds that it waits for another writer on SQLite: one that is lost does no harm, and nobody else may wait for it.
BUSY_SECONDS = 0.2


class Presence:
    def __init__(self) -> None:
        self._next_beat = steady_seconds()

    def show(self) -> None:
        """Called with each round; says something every so often."""
        if steady_seconds() < self._next_beat:
            return
        self._next_beat = steady_seconds() + heartbeat_seconds()
        with tolerated("say that this scheduler lives", BUSY_SECONDS):
            SchedulerProcess.objects.beat(socket.gethostname(), os.getpid())


@contextmanager
def present() -> Iterator[Presence]:
    """While this process takes what is queued. Who queues something afterwards starts another."""
    presence = Presence()
    presence.show()
    try:
        yield presence
    finally:
        with tolerated("say that this scheduler ends", BUSY_SECONDS):
            SchedulerProcess.objects.sign_off(socket.gethostname(), os.getpid())
