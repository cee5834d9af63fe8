"""Jobs that ruin the process that they run in, or what they share with the next one there."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import signal
import stat
import sys
import threading
import time

from django.db import transaction
from django_cron import CronJobBase
from django_cron.models import CronJobLog

from tests.jobs.core.fixture_jobs import ON_REQUEST, note, wait_for_note


class PrintsALot(CronJobBase):
    code = "core.prints_a_lot"
    schedule = ON_REQUEST

    def do(self) -> str:
        for _ in range(50):
            print("x" * 1_000_000)
        return "printed"


class ReturnsALot(CronJobBase):
    code = "core.returns_a_lot"
    schedule = ON_REQUEST

    def do(self) -> str:
        return "报" + "x" * 30_000_000 + "报"


class ClosesStreams(CronJobBase):
    code = "core.closes_streams"
    schedule = ON_REQUEST

    def do(self) -> str:
        sys.stdout.close()
        for descriptor in (0, 1, 2):
            with contextlib.suppress(OSError):
                os.close(descriptor)
        return "closed"


class ClosesEverything(CronJobBase):
    """As programs do that turn themselves into daemons."""

    code = "core.closes_everything"
    schedule = ON_REQUEST

    def do(self) -> str:
        os.closerange(0, 256)
        return "closed"


class DiesOverItsAnswer(CronJobBase):
    """Half an answer is written when it is killed."""

    code = "core.dies_over_its_answer"
    schedule = ON_REQUEST

    def do(self) -> str:
        for descriptor in range(3, 64):
            with contextlib.suppress(OSError):  # not open, or not for writing
                if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
                    os.write(descriptor, b'{"run": ')
        os.kill(os.getpid(), signal.SIGKILL)
        return "not reached"


class LeavesDaemon(CronJobBase):
    """A process in a session of its own, with all descriptors: not ended with the job, and no reason to wait."""

    code = "core.leaves_daemon"
    schedule = ON_REQUEST

    def do(self) -> str:
        if os.fork() == 0:
            os.setsid()
            note("daemon")
            with contextlib.suppress(TimeoutError):
                wait_for_note("end-of-daemon")
            os._exit(0)
        wait_for_note("daemon")
        os._exit(3)


class ReturnsTwice(CronJobBase):
    """A fork that forgets to exit comes back from do() as well, and before its parent."""

    code = "core.returns_twice"
    schedule = ON_REQUEST

    def do(self) -> str:
        if os.fork() == 0:
            return "the fork"
        os.wait()
        return "the job"


class IgnoresSignals(CronJobBase):
    code = "core.ignores_signals"
    schedule = ON_REQUEST
    DJANGO_CRON_LOCK_TIME = 1

    def do(self) -> str:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGIO):
            signal.signal(number, signal.SIG_IGN)
        with contextlib.suppress(OSError):
            os.setsid()
        wait_for_note("never")
        return ""


class KillsItsGroup(CronJobBase):
    code = "core.kills_its_group"
    schedule = ON_REQUEST

    def do(self) -> str:
        os.killpg(0, signal.SIGTERM)
        return "not reached"


class Crashes(CronJobBase):
    code = "core.crashes"
    schedule = ON_REQUEST

    def do(self) -> str:
        print("before the crash", flush=True)
        ctypes.PyDLL(None).abort()
        return "not reached"


class ExitsAtOnce(CronJobBase):
    code = "core.exits_at_once"
    schedule = ON_REQUEST

    def do(self) -> str:
        os._exit(7)


class LeavesTransaction(CronJobBase):
    code = "core.leaves_transaction"
    schedule = ON_REQUEST

    def do(self) -> str:
        transaction.atomic().__enter__()
        CronJobLog.objects.filter(pk=0).update(message="")
        return "left open"


class LeavesAlarm(CronJobBase):
    code = "core.leaves_alarm"
    schedule = ON_REQUEST

    def do(self) -> str:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        return "left an alarm"


class LeavesThread(CronJobBase):
    """A thread that never ends keeps an interpreter from ending."""

    code = "core.leaves_thread"
    schedule = ON_REQUEST

    def do(self) -> str:
        threading.Thread(target=threading.Event().wait).start()
        return "left a thread"


class LeavesBomb(CronJobBase):
    """A thread that goes on after its run, and ends the process in the middle of the next one."""

    code = "core.leaves_bomb"
    schedule = ON_REQUEST

    def do(self) -> str:
        threading.Timer(0.1, os._exit, [9]).start()
        return "left a bomb"


class LeavesSilence(CronJobBase):
    """What is around a job: environment, umask, and whether anything is logged."""

    code = "core.leaves_silence"
    schedule = ON_REQUEST

    def do(self) -> str:
        os.environ.clear()
        os.umask(0o777)
        logging.disable()
        return "left silence"


class PrintsAndUsesDatabase(CronJobBase):
    """What any of the above could spoil for the next one, if they shared more than a process."""

    code = "core.next_one"
    schedule = ON_REQUEST

    def do(self) -> str:
        print("still printing")
        time.sleep(0.2)  # longer than the alarm and the bomb that were left
        with transaction.atomic():
            CronJobLog.objects.filter(pk=0).update(message="")
        is_as_it_was = (
            "DATA_DIR" in os.environ and os.umask(0o022) != 0o777 and logging.root.isEnabledFor(logging.ERROR)
        )
        return "undisturbed" if is_as_it_was else "disturbed"
