"""Job classes made on the spot, in a module of their own, and CRON_CLASSES that names them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django_cron import CronJobBase, Schedule
from pytest_django import Settings

from backoffice.jobs import clock

MODULE = "jobs_under_test"


def at(text: str) -> datetime:
    """``at("2026-03-02 08:00")``, in UTC. It is a Monday."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class Listing:
    """Makes jobs and lists them; both end with the test."""

    def __init__(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        self._settings = settings
        self._module = ModuleType(MODULE)
        monkeypatch.setitem(sys.modules, MODULE, self._module)
        settings.CRON_CLASSES = []
        settings.JOBS_EXECUTOR = "inline"
        # Moments are made up here: a PostgreSQL server's clock would not agree.
        monkeypatch.setattr(clock, "connection", SimpleNamespace(vendor="none that has a clock"))

    def add(self, code: str, do: Callable[[Any], Any] | None = None, **schedule: Any) -> str:
        """List a job with this code; returns its class path. Due at each tick unless a schedule is given."""
        path = self.make(code, do, **schedule)
        self._settings.CRON_CLASSES = [*self._settings.CRON_CLASSES, path]
        return path

    def make(self, code: str, do: Callable[[Any], Any] | None = None, **schedule: Any) -> str:
        """Make a job, or make it anew, without listing it."""
        values = {"code": code, "schedule": Schedule(**(schedule or {"run_every_mins": 0}))}
        return self.put(code, values | {"do": lambda job: do(job) if do else f"{code} ran"})

    def put(self, name: str, members: dict[str, Any]) -> str:
        """A class with just these members; ``do`` is there in any case."""
        name = "".join(part.capitalize() for part in name.replace(".", "_").split("_"))
        cls = type(name, (CronJobBase,), {"do": lambda job: None} | members | {"__module__": MODULE})
        setattr(self._module, name, cls)
        return f"{MODULE}.{name}"

    def tick(self, moment: datetime | str, *names: str, **options: Any) -> str:
        """``runcrons`` at a moment; returns what it wrote on stdout."""
        out = StringIO()
        with time_machine.travel(at(moment) if isinstance(moment, str) else moment, tick=False):
            call_command("runcrons", *names, stdout=out, stderr=StringIO(), **options)
        return out.getvalue()

    def only(self, *paths: str) -> None:
        self._settings.CRON_CLASSES = list(paths)
