"""Child processes: started as fresh interpreters, reused one run at a time, ended with all they started.

No fork and no signals between us: orders and answers are lines on pipes, so it is the same on Windows.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any, cast

from django.conf import settings

from backoffice.jobs import processes
from backoffice.jobs.child import LIFELINE
from backoffice.jobs.progress import Progress
from backoffice.jobs.transcript import Transcript, split_at_mark

# A child is replaced after so many runs: what jobs leak goes with it.
RUNS_PER_CHILD = 50

# Seconds that are waited for the rest of a child's output; something that it started may hold the pipe open.
REST_OF_OUTPUT_SECONDS = 1.0

# Seconds that a dismissed child has to end by itself: a thread that a job left behind may keep it.
DISMISSAL_SECONDS = 2.0

Sink = Callable[[bytes], None]


@dataclass(frozen=True)
class Event:
    """What a child did: it answered, or (``answer`` is None) it is gone with this exit code."""

    child: Child
    answer: dict[str, Any] | None
    exit_code: int = 0


class Child:
    """One process that runs jobs. Its events go to ``events``, what it prints to ``sink``."""

    def __init__(self, events: queue.Queue[Event], sink: Sink) -> None:
        self.runs = 0
        self._is_spent = False
        self._is_gone = threading.Event()
        self._lock = threading.Lock()  # around what one thread may end or close while another uses it
        self._events = events
        self._sink = sink
        self.transcript = Transcript()
        self.progress = Progress()
        self._mark = f"\0{secrets.token_hex(8)}\0"  # what it prints when a run has ended: nothing of it comes after
        self._output_is_in = threading.Event()
        self._lifeline: int | None = None
        self._process = self._start()
        self._orders, self._answers, self._output = (
            cast(IO[bytes], pipe) for pipe in (self._process.stdin, self._process.stdout, self._process.stderr)
        )
        self.pid = self._process.pid
        if os.name != "nt":
            os.set_blocking(self._orders.fileno(), False)
        self._printer = threading.Thread(target=self._read_output, daemon=True)
        self._listener = threading.Thread(target=self._read_answers, daemon=True)
        for thread in (self._printer, self._listener, threading.Thread(target=self._see_its_end, daemon=True)):
            thread.start()

    def _start(self) -> subprocess.Popen[bytes]:
        options = processes.apart()  # Ctrl-C is for us, not for the job
        environment = processes.environment() | {
            "PYTHONUNBUFFERED": "1",
            "PYTHONIOENCODING": "utf-8:backslashreplace",
            "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "backoffice.settings"),
        }
        theirs = None
        if sys.platform == "linux":
            theirs, self._lifeline = os.pipe()
            options["pass_fds"] = (theirs,)
            environment[LIFELINE] = str(theirs)
        try:
            return subprocess.Popen(
                [sys.executable, "-m", "backoffice.jobs.child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                **options,
            )
        except OSError:
            self._close_lifeline()
            raise
        finally:
            if theirs is not None:
                os.close(theirs)

    # --- To the child ---

    def run(self, run_id: int, path: str, at: float, *, is_dry_run: bool = False) -> None:
        """Give it a job to run, whose lease was taken ``at`` (steady clock).

        Its patience with a silent supervisor ends before the lease does.
        """
        self.runs += 1
        self.transcript, self.progress = Transcript(), Progress()
        self._output_is_in.clear()
        order = {"run": run_id, "path": path, "patience": patience_seconds(), "folder": str(settings.BASE_DIR)}
        self._send(order | {"at": at, "is_dry_run": is_dry_run, "mark": self._mark})

    def ask_to_stop(self, run_id: int) -> None:
        """Ask the job to stop, if it is still this run. It may not listen."""
        self._send({"stop": run_id})

    def reassure(self, at: float) -> None:
        """Tell it that its supervisor lives and has renewed the lease ``at`` (steady clock)."""
        self._send({"at": at})

    def _send(self, message: dict[str, Any]) -> None:
        # A child that is gone tells so by its own event; one that is too busy to listen must not stop us.
        with self._lock, contextlib.suppress(OSError, ValueError):
            os.write(self._orders.fileno(), json.dumps(message).encode() + b"\n")

    def kill(self) -> None:
        """End it and all that it started, now."""
        with self._lock:
            if not self._is_gone.is_set():  # or else its number may be somebody else's by now
                self._kill_group()

    def _kill_group(self) -> None:
        if os.name == "nt":
            command = ["taskkill", "/F", "/T", "/PID", str(self.pid)]
            subprocess.run(command, capture_output=True, check=False)
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def dismiss(self) -> None:
        """Let an idle child end; it needs no more than the end of its orders."""
        with self._lock, contextlib.suppress(OSError):
            self._orders.close()
        timer = threading.Timer(DISMISSAL_SECONDS, self.kill)
        timer.daemon = True
        timer.start()

    def wait(self, seconds: float) -> bool:
        """Wait until it has ended. False if it has not within ``seconds``."""
        return self._is_gone.wait(seconds)

    # --- From the child ---

    @property
    def is_alive(self) -> bool:
        return not self._is_gone.is_set()

    @property
    def is_worn_out(self) -> bool:
        """Whether it has run enough, or its last job has left it other than it was."""
        return self._is_spent or self.runs >= RUNS_PER_CHILD

    def _read_answers(self) -> None:
        for line in self._answers:
            with contextlib.suppress(ValueError):  # the half of an answer, of a child that was killed over it
                answer = json.loads(line)
                if "progress" in answer:
                    self.progress = Progress(*answer["progress"])
                    continue
                self._is_spent = answer["is_spent"]
                self._output_is_in.wait(REST_OF_OUTPUT_SECONDS)
                self._events.put(Event(self, answer))

    def _read_output(self) -> None:
        mark, held = self._mark.encode(), b""
        while chunk := os.read(self._output.fileno(), 65_536):
            text, held, is_end = split_at_mark(held, chunk, mark)
            self._take(text)
            if is_end:
                self._output_is_in.set()
        self._take(held)

    def _take(self, text: bytes) -> None:
        if text:
            self.transcript.add(text)
            self._sink(text)

    def _see_its_end(self) -> None:
        """Wait for the process and not for its pipes, which something that it started may hold open."""
        if hasattr(os, "waitid"):
            with contextlib.suppress(ChildProcessError):
                os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)  # its number stays its own until wait()
        else:
            self._process.wait()
        with self._lock:
            self._kill_group()  # what a dead job has left behind
            exit_code = self._process.wait()
            self._is_gone.set()
        self._listener.join(REST_OF_OUTPUT_SECONDS)
        self._printer.join(REST_OF_OUTPUT_SECONDS)
        self._close()
        self._events.put(Event(self, None, exit_code))

    def _close(self) -> None:
        """Close our ends, but for those that a reader still waits at."""
        self._close_lifeline()
        with self._lock, contextlib.suppress(OSError):
            self._orders.close()
        for reader, pipe in ((self._listener, self._answers), (self._printer, self._output)):
            if not reader.is_alive():
                pipe.close()

    def _close_lifeline(self) -> None:
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None


def patience_seconds() -> float:
    """Seconds without a renewed lease after which a job is ended, by its supervisor and by its child alike."""
    return float(settings.JOBS_LEASE_SECONDS) * 2 / 3
