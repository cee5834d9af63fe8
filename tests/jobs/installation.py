"""A back office of a test's own: data folder, database, jobs. Its commands run as a crontab starts them."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import uuid
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from backoffice.jobs import told
from tests import migrated
from tests.conftest import ROOT
from tests.environment import fresh_environment

TWO_CHILDREN = {"JOBS_POOL_SIZE": "2", "JOBS_POOL_MAX": "2"}


class Installation:
    """``jobs`` are class paths; ``environment`` are settings, as in ``.env``.

    Its database, by default on SQLite, has all tables.
    """

    def __init__(self, folder: Path, *jobs: str, database_url: str = "", **environment: str) -> None:
        self.data = folder / "data"
        self.data.mkdir(parents=True, exist_ok=True)
        self._url = database_url
        ours = {
            "DATABASE_URL": database_url,
            "CRON_CLASSES": ",".join(jobs),
            "SECRET_KEY": "none of a secret",
            "PYTHONWARNINGS": "error",  # in child processes, too
            "JOBS_POOL_SIZE": "1",  # each child takes as long to start as all else that is done here
            "JOBS_POOL_MAX": "1",
        }
        self.environment = fresh_environment(self.data) | ours | environment
        if not database_url:
            migrated.copy_sqlite_to(self.data / "db.sqlite3")

    def manage(self, *arguments: str, check: bool = True, **options: Any) -> subprocess.CompletedProcess[str]:
        """``manage.py``. ``check=False`` to look at the exit status."""
        result = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment | options.pop("environment", {}),
            encoding="utf-8",
            errors="backslashreplace",
            timeout=120,
            check=False,
            **({"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options),
        )
        assert not check or result.returncode == 0, f"exit {result.returncode}\n{result.stdout}\n{result.stderr}"
        return result

    def rows(self, query: str) -> list[dict[str, Any]]:
        """What a query finds, or what a change of rows finds: nothing."""
        if self._url:
            with psycopg.connect(self._url, row_factory=dict_row) as connection:
                cursor = connection.execute(query)  # type: ignore[arg-type]
                return cursor.fetchall() if cursor.description else []
        with closing(sqlite3.connect(self.data / "db.sqlite3", isolation_level=None)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query)]

    def runs(self, code: str) -> list[dict[str, Any]]:
        """The runs of a job, the oldest first, as an English reader reads them."""
        rows = self.rows(
            "SELECT jobs_run.*, jobs_job.code FROM jobs_run JOIN jobs_job ON jobs_job.id = job_id"
            f" WHERE code = '{code}' ORDER BY jobs_run.id"
        )
        return [row | {"summary": told.read(row["summary"]), "reason": told.read(row["reason"])} for row in rows]

    def logs(self, code: str) -> list[dict[str, Any]]:
        """The logs of a job, the oldest first."""
        return self.rows(f"SELECT * FROM django_cron_cronjoblog WHERE code = '{code}' ORDER BY id")

    def held_leases(self) -> list[dict[str, Any]]:
        return self.rows("SELECT * FROM jobs_lease WHERE token IS NOT NULL")

    def hold_lease(self, code: str) -> None:
        """As a supervisor on another host holds it that is alive."""
        self.rows(
            "INSERT INTO jobs_lease (key, token, host, acquired_at, expires_at) VALUES"
            f" ('{code}', '{uuid.uuid4().hex}', 'host-b', '2020-01-01 08:00:00+00:00', '2999-01-01 00:00:00+00:00')"
        )
