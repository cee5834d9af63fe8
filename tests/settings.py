"""The settings of the test suite: those of the project, away from the developer's data, .env and services.

Every process of the suite has data and a database of its own, in one folder that goes at the end. A process
that a test starts with these settings finds the data and the database of that test.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path
from unittest import mock
from urllib.parse import urlsplit, urlunsplit

# What may be set on the developer's machine, and is none of the suite's business.
# fmt: off
OURS = frozenset({
    "ALLOWED_HOSTS", "CACHE_URL", "CRON_CLASSES", "DATABASE_POOL", "DATABASE_URL", "DEBUG",
    "DEFAULT_FROM_EMAIL", "DJANGO_CRON_DELETE_LOGS_OLDER_THAN", "DJANGO_CRON_LOCK_BACKEND", "DJANGO_CRON_LOCK_TIME",
    "DJANGO_CRON_OUTPUT_ERRORS", "EMAIL_URL", "JOBS_EXECUTOR", "JOBS_KEEP_RUNS_DAYS", "JOBS_LEASE_SECONDS",
    "JOBS_POOL_MAX", "JOBS_POOL_SIZE", "JOBS_START_DETACHED", "LANGUAGE_CODE", "LOG_LEVEL", "PORT",
    "REPORT_ALLOWED_DOMAINS", "REPORT_KEEP_ADDRESSES_DAYS", "REPORT_KEEP_EDITIONS_DAYS", "REPORT_MAILS_PER_MINUTE",
    "REPORT_MAX_ATTACHMENT_MB", "REPORT_SQL_MAX_MEGABYTES", "REPORT_SQL_MAX_ROWS", "REPORT_SQL_SECONDS", "SECRET_KEY",
    "SITE_URL", "TIME_ZONE",
})
# fmt: on


def _begin() -> None:
    """In the first process of the suite: a folder for everything, and an environment without surprises."""
    root = tempfile.mkdtemp(prefix="backoffice-tests-")
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    for name in {*OURS, *(name for name in os.environ if name.startswith("REPORT_DB_"))}:
        os.environ.pop(name, None)
    os.environ["TEST_ROOT"] = os.environ["DATA_DIR"] = root
    # One list of the machine's fonts for all: with each new data folder it would be made anew.
    os.environ["MPLCONFIGDIR"] = str(Path(root, "matplotlib"))


def _use_own_data() -> None:
    """In a worker of xdist: a folder and a database beside those of the other workers."""
    root, worker = os.environ["TEST_ROOT"], os.environ.get("PYTEST_XDIST_WORKER", "main")
    if os.environ["DATA_DIR"] == root and worker != "main":
        os.environ["DATA_DIR"] = str(Path(root, worker))
    server = os.environ.get("TEST_DATABASE_URL", "")
    if server and os.environ.get("DATABASE_URL", "") in ("", _database_url(server, root, "main")):
        os.environ["DATABASE_URL"] = _database_url(server, root, worker)


def _database_url(server: str, root: str, worker: str) -> str:
    name = f"{Path(root).name}_{worker}".replace("-", "_")
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


if "TEST_ROOT" not in os.environ:
    _begin()
_use_own_data()

with mock.patch("backoffice.environment.dotenv_values", return_value={}):  # the developer's .env stays out
    from backoffice.settings import *

# The same name, so that a process started by a test meets the test's database. A file also on SQLite: threads
# and WAL then behave as they do in production.
for _config in DATABASES.values():
    _config["TEST"] = {"NAME": _config["NAME"]}

# A process that outlives its test would meet the next one's data. Tests that want one say so.
JOBS_START_DETACHED = False

# Look for a file when it is asked for: to list them all takes each new client a while.
WHITENOISE_AUTOREFRESH = True

# Fast, and safe enough for passwords of people who are not there.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
