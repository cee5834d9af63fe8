"""A tick is a fresh process under crontab: what it imports is its cost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from backoffice.jobs.executors.base import EXECUTORS
from tests.conftest import ROOT
from tests.jobs.installation import Installation

# What only pages, reports and charts need. (django.contrib.admin itself comes with being installed.)
NEEDLESS = {
    "aiosmtpd",
    "apprise",
    "backoffice.jobs.admin",
    "backoffice.jobs.control",
    "backoffice.urls",
    "celery",
    "css_inline",
    "django.test",
    "django_cron.admin",
    "holidays",
    "import_export.admin",
    "import_export.resources",
    "matplotlib",
    "openpyxl",
    "playwright",
    "pymysql",
    "reporter.admin",
    "reporter.datasets",
    "reporter.rendering",
    "smtplib",
    "sqlglot",
    "tablib",
    "waitress",
    "xlsxwriter",
}

TICK = """
import json, sys
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "runcrons"])
print(json.dumps(sorted(sys.modules)))
"""


@pytest.mark.parametrize("executor", sorted(EXECUTORS))
def test_a_tick_imports_nothing_that_it_does_not_need(executor: str, tmp_path: Path) -> None:
    """With one job that is due, and the reports' that is not."""
    jobs = ("reporter.cron.SendDailyReportsCronJob", "tests.jobs.contract_jobs.Returns_nothing")
    office = Installation(tmp_path, *jobs, JOBS_EXECUTOR=executor)
    office.manage("runcrons")
    result = subprocess.run(
        [sys.executable, "-c", TICK], cwd=ROOT, env=office.environment, capture_output=True, text=True, check=True
    )
    *console, modules = result.stdout.splitlines()
    assert console[-1] == "[✔] returns_nothing"
    assert NEEDLESS & set(json.loads(modules)) == set()
