"""The scheduler as a service: a tick every so often, and runs at once what people queue in the browser."""

from __future__ import annotations

import logging
from argparse import ArgumentTypeError
from collections.abc import Iterable
from contextlib import nullcontext
from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser
from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from backoffice.jobs import lifecycle, registry, retention, scheduler
from backoffice.jobs.clock import ClockIsOff, checked_now, steady_seconds
from backoffice.jobs.commands import GRACE_SECONDS, SchedulingCommand, stop_signals
from backoffice.jobs.executors.base import Executor
from backoffice.jobs.models import Run
from backoffice.jobs.presence import Presence, present
from backoffice.jobs.registry import Registration

logger = logging.getLogger(__name__)

# Seconds between ticks, as in stock.
DEFAULT_SLEEP = 5 * 60

# Stock ticks without any pause for 0, which keeps a processor busy with nothing.
SHORTEST_SLEEP = 1


class Command(SchedulingCommand):
    help = "Tick again and again until SIGTERM or Ctrl-C; queued runs are started within a second."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "-s", "--sleep", type=_seconds, default=DEFAULT_SLEEP, help="seconds between ticks; 0 is taken for 1"
        )
        parser.add_argument("--cron_classes", nargs="+", help="class paths or job codes; all that are listed if none")
        parser.add_argument("--repeat", type=int, help="end after so many ticks")

    def handle(self, *args: Any, **options: Any) -> None:
        self.names: list[str] = options["cron_classes"] or []
        self.told: set[str] = set()  # what is wrong with entries of CRON_CLASSES, and is in the log already
        executor = self.make_executor(only_submitted=bool(self.names))
        takes_all = nullcontext() if self.names else present()
        with stop_signals(leave_ctrl_c=not executor.offers_cancel) as stop:
            try:
                with takes_all as presence:
                    self.loop(executor, stop, options["sleep"], options["repeat"], presence)
            except KeyboardInterrupt:
                logger.info("Stopped by Ctrl-C")
            finally:
                executor.close(GRACE_SECONDS)

    def loop(
        self, executor: Executor, stop: Any, sleep: float, repeat: int | None, presence: Presence | None = None
    ) -> None:
        ticks, next_tick = 0, steady_seconds()
        while not stop.is_set():
            if presence:
                presence.show()
            if steady_seconds() >= next_tick and not (repeat and ticks >= repeat):
                ticks, next_tick = ticks + 1, steady_seconds() + max(sleep, SHORTEST_SLEEP)
                self.tick(executor)
            executor.step(min(0.5, max(0.0, next_tick - steady_seconds())))
            if repeat and ticks >= repeat and not executor.is_busy:
                return
            if not executor.offers_cancel:
                stop.wait(max(0.0, min(1.0, next_tick - steady_seconds())))

    def tick(self, executor: Executor) -> None:
        """One tick. What goes wrong with it is logged; the next one makes up for it."""
        try:
            now = checked_now()
            lifecycle.interrupt_stale()
            for run in self._claimed(now):
                executor.submit(run)
            retention.clean_up(now)
        except ClockIsOff as error:
            logger.error("%s", error)
        except (DatabaseError, InterfaceError) as error:
            logger.error("This tick could not reach the database: %s", error)
            connection.close()
        except Exception:  # whatever a job's class came up with: the loop goes on
            logger.exception("This tick failed")

    def _claimed(self, now: datetime) -> Any:
        if not self.names:
            self._tell_of_problems(registry.sync(now))
            yield from scheduler.tick(now)
            return
        for name, job, problem in registry.named(self.names, now):
            run: Run | None = scheduler.claim(job, timezone.now()) if job else None
            if problem:
                logger.error("%s: %s", name, problem.text)
            if run:
                yield run

    def _tell_of_problems(self, entries: Iterable[Registration]) -> None:
        """In the log, when they begin: it ticks too often to say so with each tick."""
        problems = {entry.path: entry.problem.text for entry in entries if entry.problem}
        for path, text in problems.items():
            if text not in self.told:
                logger.error("%s: %s", path, text)
        self.told = set(problems.values())


def _seconds(text: str) -> int:
    if text.isascii() and text.isdigit():
        return int(text)
    raise ArgumentTypeError(f"{text!r} is no whole number of seconds from 0 on")
