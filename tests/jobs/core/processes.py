"""An installation of its own for a test: data folder, database, and the processes that the test starts there."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from django.db import connections
from django.utils import timezone
from django_cron import CronJobBase

from backoffice import settings as project_settings
from backoffice.jobs import control, registry
from backoffice.jobs.models import Job, Lease, Run
from tests import migrated

ROOT = Path(__file__).resolve().parents[3]

# Seconds after which what does not come is taken for lost. Nothing waits so long unless it is broken.
DEADLINE = 40

# Seconds. Short, so that no test waits a minute for a lease to run out; long enough for a busy machine.
LEASE_SECONDS = 4.0

PATCHED_MANAGE = """
import django, manage
django.setup()
{patch}
manage.main()
"""

T = TypeVar("T")


def wait_until(condition: Callable[[], T], what: str, seconds: float = DEADLINE) -> T:
    """Poll until ``condition()`` is true; its value."""
    until = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < until, f"not within {seconds} s: {what}"
        time.sleep(0.02)


class Place:
    """The test's own ORM calls go to the same database as its processes."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.data = Path(environment["DATA_DIR"])
        self.notes = self.data / "notes"
        self._started: list[subprocess.Popen[bytes]] = []

    # --- Processes ---

    def start(self, *arguments: str, patch: str = "pass", **environment: str) -> subprocess.Popen[bytes]:
        """Start ``manage.py`` with these arguments; ``patch`` is done to it first. What it says is in output()."""
        with (self.data / "output").open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-W", "error", "-c", PATCHED_MANAGE.format(patch=patch), *arguments],
                cwd=ROOT,
                env=self.environment | environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        self._started.append(process)
        return process

    def call(self, *arguments: str, **environment: str) -> int:
        """Run ``manage.py`` to its end; its exit status."""
        return self.start(*arguments, **environment).wait(DEADLINE)

    def output(self) -> str:
        return (self.data / "output").read_text("utf-8", "replace")

    def alive(self) -> set[int]:
        """Every process that was started here, by us or by what we started, whatever became of its parents."""
        marker = f"DATA_DIR={self.data}".encode()
        return {int(path.parent.name) for path in Path("/proc").glob("[0-9]*/environ") if marker in _environment(path)}

    def close(self) -> None:
        for process in self._started:
            process.kill()
            process.wait(DEADLINE)
        for pid in self.alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    # --- Jobs ---

    def job(self, cls: type[CronJobBase]) -> Job:
        now = timezone.now()
        entry = registry.load(f"{cls.__module__}.{cls.__name__}")
        return registry.bring_in_line(entry, now, Job.objects.filter(code=cls.code).first(), is_listed=False)

    def queue(self, cls: type[CronJobBase]) -> Run:
        return control.run_now(self.job(cls), timezone.now())

    def noted(self, name: str) -> int:
        """Wait for a job's note; the process id in it."""
        return int(wait_until(lambda: (self.notes / name).exists() and (self.notes / name).read_text(), name))

    def tell(self, name: str) -> None:
        """Write the note that a job waits for."""
        self.notes.mkdir(exist_ok=True)
        (self.notes / name).touch()


def _environment(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # gone meanwhile, or somebody else's
        return b""


def seen(run: Run) -> Run:
    """The run as the database has it now."""
    return Run.objects.select_related("job", "lease", "log").get(pk=run.pk)


def ended(run: Run, seconds: float = DEADLINE) -> Run:
    """Wait until the run has ended."""
    wait_until(lambda: seen(run).ended_at, f"run of {run.job.code} to end", seconds)
    return seen(run)


def let_leases_run_out() -> None:
    Lease.objects.held().update(expires_at=timezone.now() - timedelta(seconds=1))


def statuses(runs: Sequence[Run]) -> list[str]:
    return sorted(seen(run).status for run in runs)


@contextlib.contextmanager
def default_database(url: str) -> Iterator[None]:
    """Let the ORM of this process use the database at ``url``."""
    former = connections.settings["default"]
    connections["default"].close()
    del connections["default"]
    config = project_settings._database(url) | {"CONN_MAX_AGE": 0}
    connections.settings["default"] = connections.configure_settings({"default": config})["default"]
    try:
        yield
    finally:
        connections["default"].close()
        del connections["default"]
        connections.settings["default"] = former


@contextlib.contextmanager
def place_at(environment: dict[str, str], url: str = "") -> Iterator[Place]:
    """An installation with the database at ``url``, by default SQLite in its data folder, with all tables."""
    data = Path(environment["DATA_DIR"])
    data.mkdir(parents=True, exist_ok=True)
    extra = {"CRON_CLASSES": "tests.jobs.core.fixture_jobs.Quick", "JOBS_LEASE_SECONDS": str(LEASE_SECONDS)}
    place = Place(environment | extra | {"DATABASE_URL": url})
    if not url:
        migrated.copy_sqlite_to(data / "db.sqlite3")
    with default_database(url or f"sqlite:///{data / 'db.sqlite3'}"):
        try:
            yield place
        finally:
            place.close()
