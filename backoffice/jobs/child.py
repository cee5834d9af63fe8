"""The process in which jobs run: ``python -m backoffice.jobs.child``, started by the pool.

It reads orders from the supervisor, a JSON object on a line, and answers each with one. It runs one job at a
time and ends itself, and all that the job has started, when its supervisor is gone or falls silent.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import queue
import signal
import sys
import threading
from typing import Any, BinaryIO

from backoffice.jobs.clock import steady_seconds
from backoffice.jobs.interruption import Interruption
from backoffice.jobs.progress import LatestProgress

# Environment variable: the descriptor of a pipe that only the supervisor holds open (Linux).
LIFELINE = "BACKOFFICE_LIFELINE"

# Seconds between looks at how long the supervisor has been silent, and how many in a row have to be punctual
# before silence counts: a job that held the interpreter has kept us from reading what was said meanwhile.
LOOK_SECONDS = 0.5
PUNCTUAL_LOOKS = 3

# Seconds between looks at what a job has told of its progress.
PROGRESS_SECONDS = 0.5


class Answers:
    """What is said to the supervisor, an object on a line: how runs ended and, by a thread of its own, their progress.

    No other thread does that: it may wait for a supervisor that does not read, and must not keep the watch from ending
    this process.
    """

    def __init__(self, pipe: BinaryIO) -> None:
        self._pipe = pipe
        self._lock = threading.Lock()
        self.progress = LatestProgress()
        threading.Thread(target=self._follow_progress, daemon=True).start()

    def say(self, message: dict[str, Any]) -> None:
        with self._lock:
            self._say(message)

    def pass_on_progress(self) -> None:
        with self._lock:  # also around the look, so that what is older does not come later
            if news := self.progress.news():
                self._say({"progress": news})

    def _follow_progress(self) -> None:
        while True:
            threading.Event().wait(PROGRESS_SECONDS)
            with contextlib.suppress(OSError, ValueError):  # a job may have closed it; the main thread will see
                self.pass_on_progress()

    def _say(self, message: dict[str, Any]) -> None:
        self._pipe.write(json.dumps(message).encode() + b"\n")
        self._pipe.flush()


class Supervised:
    """The line to the supervisor: its orders, and when it last held the lease, by the clock that both share."""

    def __init__(self, orders: BinaryIO, interruption: Interruption) -> None:
        self._orders = orders
        self._interruption = interruption
        self._queue: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._held_at = steady_seconds()
        self._is_alone = False
        self._patience: float | None = None  # seconds; None while no job runs
        threading.Thread(target=self._listen, daemon=True).start()
        threading.Thread(target=self._watch, daemon=True).start()

    def next_order(self) -> dict[str, Any] | None:
        """The next job to run; None when the supervisor wants no more."""
        self._patience = None
        order = self._queue.get()
        if order:
            self._patience = order["patience"]
            if self._is_alone or self._is_silent():
                end_with_all()  # held up on its way, the order has outlived its lease
        return order

    def _listen(self) -> None:
        for line in self._orders:
            message = json.loads(line)
            self._held_at = message.get("at", self._held_at)
            if "run" in message:
                self._interruption.expect(message["run"])  # it may be asked to stop before it has begun
                self._queue.put(message)
            elif "stop" in message:
                self._interruption.ask(message["stop"])
        self._is_alone = True
        if self._patience is not None:
            end_with_all()  # the supervisor is gone in mid-run
        self._queue.put(None)

    def _watch(self) -> None:
        looked_at, punctual = steady_seconds(), 0
        while True:
            threading.Event().wait(LOOK_SECONDS)
            punctual = punctual + 1 if steady_seconds() - looked_at < 3 * LOOK_SECONDS else 0
            looked_at = steady_seconds()
            if punctual >= PUNCTUAL_LOOKS and self._is_silent():
                end_with_all()

    def _is_silent(self) -> bool:
        patience = self._patience
        return patience is not None and steady_seconds() - self._held_at > patience


def end_with_all() -> None:
    """End this process and what its job has started, at once."""
    if hasattr(os, "killpg"):
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(1)


def hang_on_lifeline() -> None:
    """Let the kernel end this process group when the supervisor's end of the lifeline closes.

    It does so even while a job holds the interpreter, when no thread of ours could. Linux only; elsewhere the
    listening thread does what it can.
    """
    descriptor = os.environ.pop(LIFELINE, "")
    if not descriptor or not hasattr(signal, "SIGIO"):
        return
    import fcntl

    fd = int(descriptor)
    os.set_inheritable(fd, False)
    fcntl.fcntl(fd, fcntl.F_SETOWN, -os.getpgrp())
    fcntl.fcntl(fd, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_ASYNC | os.O_NONBLOCK)
    with contextlib.suppress(BlockingIOError):
        if os.read(fd, 1) == b"":
            end_with_all()  # it closed before we listened


def take_over_streams() -> tuple[BinaryIO, BinaryIO, int]:
    """Keep stdin and stdout for orders and answers; what a job prints goes to stderr, and it reads nothing.

    The third is a way of our own to where it prints.
    """
    orders = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return orders, answers, os.dup(2)


def carry_out(order: dict[str, Any], answers: Answers, interruption: Interruption) -> dict[str, Any]:
    """Run the job of ``order``; the answer says how it ended."""
    from django.utils import timezone, translation

    from backoffice.jobs.runner import Circumstances, perform
    from backoffice.jobs.told import pack

    here = os.getpid()
    answers.progress = LatestProgress()
    outcome = perform(order["path"], Circumstances(order["is_dry_run"], answers.progress.tell, interruption.around_job))
    if os.getpid() != here:
        os._exit(0)  # a fork that came back from the job, too: the answer is its parent's
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # a job may have closed or replaced them
            stream.flush()
    # What a job left behind must not meet the next one.
    forget_connections()
    translation.deactivate()
    timezone.deactivate()
    os.chdir(order["folder"])
    return {
        "run": order["run"],
        "status": outcome.status,
        "message": outcome.message,
        "summary": pack(outcome.summary),
        "is_stopped": interruption.has_reached_job,
    }


def forget_connections() -> None:
    """Closed is not enough: a connection that a job left inside a transaction would stay there."""
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        with contextlib.suppress(Exception):
            connection.close()
        del connections[connection.alias]


def condition() -> tuple[Any, ...]:
    """What a job may leave changed in its process to the harm of the next, or still at work there."""
    streams = [(stream is standard, stream is None or stream.closed) for stream, standard in _streams()]
    handlers = [signal.getsignal(number) for number in sorted(signal.valid_signals())]
    has_alarm = hasattr(signal, "getitimer") and signal.getitimer(signal.ITIMER_REAL) != (0.0, 0.0)
    files = [_file_behind(descriptor) for descriptor in (0, 1, 2)]
    at_work = [thread.ident for thread in threading.enumerate() if not thread.daemon]
    around = dict(os.environ), _umask(), logging.root.manager.disable
    return files, streams, handlers, has_alarm, at_work, around


def _umask() -> int:
    """It can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _streams() -> list[tuple[Any, Any]]:
    return [(sys.stdout, sys.__stdout__), (sys.stderr, sys.__stderr__)]


def _file_behind(descriptor: int) -> tuple[int, int] | None:
    try:
        found = os.fstat(descriptor)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def main() -> None:
    hang_on_lifeline()
    orders, pipe, output = take_over_streams()
    answers, interruption = Answers(pipe), Interruption()
    supervised = Supervised(orders, interruption)
    import django

    django.setup()
    let_jobs_log()
    fresh = condition()
    while order := supervised.next_order():
        answer = carry_out(order, answers, interruption) | {"is_spent": condition() != fresh}
        answers.pass_on_progress()
        with contextlib.suppress(OSError):
            os.write(output, order["mark"].encode())
        answers.say(answer)


def let_jobs_log() -> None:
    """Whatever logger a job uses: LOG_LEVEL is that of jobs, too, and what they log is part of their output."""
    from django.conf import settings

    logging.getLogger().setLevel(settings.LOG_LEVEL)


if __name__ == "__main__":
    main()
