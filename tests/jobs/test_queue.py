"""The queue, as a supervisor takes from it."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import DatabaseError
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from backoffice.jobs import control
from backoffice.jobs.models import Job, Run
from backoffice.jobs.supervisor import Supervisor
from tests.jobs.core.processes import default_database


@pytest.mark.django_db(transaction=True)
def test_a_run_that_cannot_be_started_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    job = Job.objects.create(code="shop.tidy", class_path="shop.cron.Tidy")
    poison, good = (control.run_now(job, timezone.now()) for _ in range(2))
    started: list[int] = []

    def start(_self: Supervisor, run: Run) -> None:
        if run.pk == poison.pk:
            raise DatabaseError("value too long")
        started.append(run.pk)

    monkeypatch.setattr(Supervisor, "_start", start)
    Supervisor(sink=lambda _chunk: None)._start_queued()
    assert started == [good.pk]


def test_a_database_file_that_cannot_be_opened_costs_a_look_and_not_the_scheduler(
    tmp_path: Path, django_db_blocker: DjangoDbBlocker, caplog: pytest.LogCaptureFixture
) -> None:
    supervisor = Supervisor(sink=lambda _chunk: None)
    with django_db_blocker.unblock(), default_database(f"sqlite:///{tmp_path}/gone/db.sqlite3"):
        supervisor.step(0)  # as on a full disk
        assert "unable to open database file" in caplog.text

    assert not supervisor.is_busy
