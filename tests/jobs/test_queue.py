"""The queue, as a supervisor takes from it."""

from __future__ import annotations

import pytest
from django.db import DatabaseError
from django.utils import timezone

from backoffice.jobs import control
from backoffice.jobs.models import Job, Run
from backoffice.jobs.supervisor import Supervisor


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
