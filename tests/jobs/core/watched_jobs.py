"""Jobs that are watched and stopped while they run."""

from __future__ import annotations

import ctypes
import logging
import time

from django_cron import CronJobBase

from backoffice.jobs.base import ManagedJob
from tests.jobs.core.fixture_jobs import LONG, ON_REQUEST, note, wait_for_note

logger = logging.getLogger("a.logger.of.the.jobs.own")


class TidiesUp(CronJobBase):
    """Sleeps until it is asked to stop, and then tidies up."""

    code = "core.tidies_up"
    schedule = ON_REQUEST

    def do(self) -> str:
        try:
            print("began")
            note(self.code)
            time.sleep(LONG)
        finally:
            print("tidied up")
        return "not reached"


class TidiesUpInTime(TidiesUp):
    """The same, with a time limit that staff have set."""

    code = "core.tidies_up_in_time"


class IsDeaf(CronJobBase):
    """As a loop does that catches whatever comes."""

    code = "core.is_deaf"
    schedule = ON_REQUEST

    def do(self) -> str:
        note("deaf")
        print("before it was asked", flush=True)
        until = time.monotonic() + LONG
        while time.monotonic() < until:
            try:
                time.sleep(LONG)
            except KeyboardInterrupt:
                print("asked, and goes on")
        return "not reached"


class HoldsFast(CronJobBase):
    """Lets no other thread of its process come on, nor any signal."""

    code = "core.holds_fast"
    schedule = ON_REQUEST

    def do(self) -> str:
        print("holds fast")
        note("holds-fast")
        ctypes.PyDLL(None).sleep(LONG)
        return "not reached"


class TellsMuch(ManagedJob):
    """Prints, logs and tells its progress, step by step as the notes come."""

    code = "core.tells_much"
    schedule = ON_REQUEST
    SUPPORTS_DRY_RUN = True

    def do(self) -> str:
        print("printed, 报")
        logger.info("logged at level info")
        for done in range(100_001):
            self.progress(done, 200_000, "halfway")
        note("halfway")
        wait_for_note("go-on")
        for line in range(50_000):
            print(f"line {line:06} of what is too much")
        note("too-much")
        wait_for_note("end")
        self.progress(200_000, 200_000, "all of it")
        print("the very last words")
        return f"dry: {self.is_dry_run}"


class TellsOn(CronJobBase):
    """Goes on to tell, whatever happens. It is no ManagedJob."""

    code = "core.tells_on"
    schedule = ON_REQUEST

    def do(self) -> str:
        note("tells-on")
        until = time.monotonic() + LONG
        step = 0
        while time.monotonic() < until:
            step += 1
            self.progress(step, None, f"step {step}")
            print(f"step {step}")
            time.sleep(0.01)
        return "not reached"
