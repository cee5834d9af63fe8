"""Carries out what is queued and ends: what *Run now* starts in the browser where no scheduler lives."""

from __future__ import annotations

from typing import Any

from backoffice.jobs.commands import GRACE_SECONDS, SchedulingCommand, stop_signals
from backoffice.jobs.models import Run


class Command(SchedulingCommand):
    help = "Carry out the runs that wait in the queue, and end. It does not tick: nothing is claimed."

    def handle(self, *args: Any, **options: Any) -> None:
        executor = self.make_executor()
        with stop_signals(leave_ctrl_c=not executor.offers_cancel) as stop:
            try:
                while not stop.is_set() and (executor.is_busy or Run.objects.queued().exists()):
                    executor.step(0.5)
            finally:
                executor.close(GRACE_SECONDS)
