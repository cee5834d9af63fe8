"""What a job's class may use while it runs here. No job needs it: any CronJobBase is given the same."""

from __future__ import annotations

from typing import Any

from django_cron import CronJobBase


class ManagedJob(CronJobBase):
    """A ``CronJobBase`` that knows of progress and dry runs, so that editors and type checkers do, too.

    Under stock django-cron it runs as well: progress goes nowhere, and no run is a dry one.
    """

    # Whether do() looks at self.is_dry_run, and then changes nothing and sends nothing.
    SUPPORTS_DRY_RUN = False

    is_dry_run = False

    def progress(self, done: float | None = None, total: float | None = None, what: Any = "") -> None:
        """Say how far it is: ``done`` of ``total``, and what it does now. Cheap, also in a tight loop."""


def lacks_progress(cls: type[CronJobBase]) -> bool:
    """Whether ``progress`` may be given to the class's jobs: one that has its own keeps it."""
    own = getattr(cls, "progress", None)
    return own is None or own is ManagedJob.progress
