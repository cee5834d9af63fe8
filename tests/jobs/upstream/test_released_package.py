"""The released django-cron's own tests, as they are, against our commands.

They jump about in time by years, and count logs: so none may be too old to be kept, and the clock is this host's.
"""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.db import connections
from django.test import override_settings
from django_cron import tests

from backoffice.jobs import clock

as_they_expect = override_settings(JOBS_EXECUTOR="inline", DJANGO_CRON_DELETE_LOGS_OLDER_THAN=None)


@pytest.fixture(autouse=True)
def _no_other_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A frozen clock cannot agree with that of a PostgreSQL server."""
    monkeypatch.setattr(clock, "connection", SimpleNamespace(vendor="none that has a clock"))


@as_they_expect
class TestRunCrons(tests.TestRunCrons):
    def run_cronjob_in_thread(self, logs_count: int) -> None:
        try:
            super().run_cronjob_in_thread(logs_count)
        finally:
            connections.close_all()  # it leaves the connection of its thread open


@as_they_expect
class TestCronLoop(tests.TestCronLoop):
    pass
