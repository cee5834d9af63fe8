"""Carries out what is queued and ends: what *Run now* starts in the browser where no scheduler lives."""

from __future__ import annotations

import threading
from typing import Any

from backoffice.jobs.commands import GRACE_SECONDS, SchedulingCommand, stop_signals
from backoffice.jobs.executors.base import Executor
from backoffice.jobs.models import Run
from backoffice.jobs.presence import Presence, present
from backoffice.jobs.tolerance import tolerated


class Command(SchedulingCommand):
    help = "Carry out the runs that wait in the queue, and end. It does not tick: nothing is claimed."

    def handle(self, *args: Any, **options: Any) -> None:
        executor = self.make_executor()
        with stop_signals(leave_ctrl_c=not executor.offers_cancel) as stop:
            try:
                is_wanted = True
                while is_wanted:
                    with present() as presence:
                        self.work_off(executor, stop, presence)
                    # Who queues something from now on starts another; what was queued before is found here.
                    is_wanted = not stop.is_set() and _is_anything_queued()
            finally:
                executor.close(GRACE_SECONDS)

    @staticmethod
    def work_off(executor: Executor, stop: threading.Event, presence: Presence) -> None:
        while not stop.is_set() and (executor.is_busy or _is_anything_queued()):
            presence.show()
            executor.step(0.5)
            if not executor.offers_cancel:  # its step does not wait
                stop.wait(0.5)


def _is_anything_queued() -> bool:
    """Whether, or that the database cannot say it now."""
    with tolerated("look into the queue"):
        return Run.objects.queued().exists()
    return True
