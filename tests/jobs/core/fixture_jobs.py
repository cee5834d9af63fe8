"""Jobs that wait, hang or run out of time. They are due when a test queues them, and tell by notes where they are.

A note is a file in DATA_DIR/notes: it is there when the job has come so far; what stands in it is a process id.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django_cron import CronJobBase, Schedule
from django_cron.models import CronJobLog

from reporter.cron import SendDailyReportsCronJob

# Seconds after which a job that nobody ends or releases gives up.
LONG = 60

ON_REQUEST = Schedule()


def notes() -> Path:
    folder = Path(settings.DATA_DIR) / "notes"
    folder.mkdir(exist_ok=True)
    return folder


def note(name: str, pid: int = 0) -> None:
    """Written aside first: whoever sees the file sees what stands in it."""
    draft = notes() / f".{name}.{os.getpid()}"
    draft.write_text(str(pid or os.getpid()))
    draft.rename(notes() / name)


def wait_for_note(name: str, seconds: float = LONG) -> None:
    until = time.monotonic() + seconds
    while not (notes() / name).exists():
        if time.monotonic() > until:
            raise TimeoutError(f"nobody wrote {name}")
        time.sleep(0.01)


class Quick(CronJobBase):
    code = "core.quick"
    schedule = ON_REQUEST

    def do(self) -> str:
        return "quick"


class EveryMinute(CronJobBase):
    code = "core.every_minute"
    schedule = Schedule(run_every_mins=1)

    def do(self) -> str:
        note(f"every-minute-{os.getpid()}-{time.monotonic_ns()}")
        return "once"


class Waits(CronJobBase):
    """Goes on until it is told to end."""

    code = "core.waits"
    schedule = ON_REQUEST

    def do(self) -> str:
        note(f"at-work-{os.getpid()}")
        note("waits")
        wait_for_note("end")
        return "told to end"


class WaitsWhenDue(Waits):
    code = "core.waits_when_due"
    schedule = Schedule(run_every_mins=60)

    def do(self) -> str:
        said = super().do()
        note("has-waited")
        return said


class PublishesAndWaits(SendDailyReportsCronJob):
    """Sends what there is, and goes on until it is told to end."""

    code = "core.publishes_and_waits"
    schedule = ON_REQUEST

    def do(self) -> str:
        said = super().do()
        note("published")
        wait_for_note("end")
        return said


class WaitsToo(Waits):
    code = "core.waits_too"

    def do(self) -> str:
        note("waits-too")
        wait_for_note("end-too")
        return "told to end, too"


class WaitsBesideItself(CronJobBase):
    code = "core.waits_beside_itself"
    schedule = ON_REQUEST
    ALLOW_PARALLEL_RUNS = True

    def do(self) -> str:
        note(f"beside-{os.getpid()}")
        wait_for_note("end")
        return "told to end"


class Limited(CronJobBase):
    code = "core.limited"
    schedule = ON_REQUEST
    DJANGO_CRON_LOCK_TIME = 2

    def do(self) -> str:
        print("what it printed last")
        note("limited")
        wait_for_note("never")
        return ""


class HasOffspring(CronJobBase):
    """A program and a fork, as subprocess and multiprocessing start them; the fork has all descriptors."""

    code = "core.has_offspring"
    schedule = ON_REQUEST

    def do(self) -> str:
        program = subprocess.Popen(["sleep", "300"])
        fork = os.fork()
        if fork == 0:
            signal.pause()
        note("program", program.pid)
        note("fork", fork)
        note("waits")
        wait_for_note("end")
        return "told to end"


class HoldsInterpreter(CronJobBase):
    """As a regular expression without end does: for some seconds no other thread of the process comes on."""

    code = "core.holds_interpreter"
    schedule = ON_REQUEST
    seconds = 5

    def do(self) -> str:
        note("holds")
        ctypes.PyDLL(None).sleep(self.seconds)
        time.sleep(0.5)  # time for a watchdog that takes itself for forgotten
        return "let go"


class WritesLong(CronJobBase):
    """Holds SQLite's only write lock from one note to the other."""

    code = "core.writes_long"
    schedule = ON_REQUEST

    def do(self) -> str:
        with transaction.atomic():
            CronJobLog.objects.filter(pk=0).update(message="")
            note("writing")
            wait_for_note("end")
        return "written"


class LosesConnection(CronJobBase):
    code = "core.loses_connection"
    schedule = ON_REQUEST

    def do(self) -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return "not reached"


class UsesDatabase(CronJobBase):
    code = "core.uses_database"
    schedule = ON_REQUEST

    def do(self) -> str:
        return f"{CronJobLog.objects.filter(pk=0).count()} logs"


class RunsOnceUnderStock(CronJobBase):
    """Tells its racer that it ran, and waits for the others."""

    code = "core.stock"
    schedule = ON_REQUEST
    others_have_asked: Callable[[], object]
    ran = False

    def do(self) -> str:
        type(self).ran = True
        type(self).others_have_asked()
        return "once"
