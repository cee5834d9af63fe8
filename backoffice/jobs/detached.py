"""A scheduler for what people queue while none lives: started by whoever queues, and independent of them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading

from django.conf import settings

from backoffice.jobs import processes
from backoffice.jobs.clock import lease_clock
from backoffice.jobs.models import Run, SchedulerProcess

# Only a process of this host can be asked whether it is there still.
HOST = socket.gethostname()


def see_to_the_queue() -> bool:
    """Start a process that carries out what is queued and ends, unless one lives that does. True if it was started.

    It outlives the process that calls this, a web server above all.
    """
    if not settings.JOBS_START_DETACHED or is_anybody_there() or not Run.objects.queued().exists():
        return False
    process = _start()
    # On its behalf, so that whoever queues a run before it has come to life does not start another.
    SchedulerProcess.objects.beat(HOST, process.pid)
    if process.poll() is not None:  # it had nothing left to do, and has signed off before
        SchedulerProcess.objects.sign_off(HOST, process.pid)
    threading.Thread(target=process.wait, daemon=True).start()  # no zombie stays behind
    return True


def is_anybody_there() -> bool:
    """Whether a process lives that takes whatever is queued."""
    return any(_is_there(row) for row in SchedulerProcess.objects.alive(lease_clock()))


def _is_there(row: SchedulerProcess) -> bool:
    if row.host != HOST or os.name == "nt":
        return True
    try:
        os.kill(row.pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _start() -> subprocess.Popen[bytes]:
    options = processes.apart()
    if os.name == "nt":
        options["creationflags"] |= subprocess.DETACHED_PROCESS  # type: ignore[attr-defined]
    return subprocess.Popen(
        [sys.executable, "manage.py", "runqueue"],
        cwd=settings.BASE_DIR,
        env=processes.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        close_fds=True,
        **options,
    )
