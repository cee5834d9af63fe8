"""One tick: runs what is due and returns when its runs have ended. Takes stock django-cron's options."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import django_cron
from django.core.management.base import CommandParser
from django.db import DatabaseError, InterfaceError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.jobs import lifecycle, registry, retention, scheduler
from backoffice.jobs.clock import ClockIsOff, checked_now
from backoffice.jobs.commands import DONE, GRACE_SECONDS, NOT_RUN, SchedulingCommand, stop_signals
from backoffice.jobs.executors.base import Executor
from backoffice.jobs.models import Job, Pause, Run
from backoffice.jobs.pauses import pause_words
from backoffice.jobs.registry import Problem


class Command(SchedulingCommand):
    help = "Run the jobs that are due, once. With names: only those, given as class paths or job codes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("cron_classes", nargs="*", help="class paths or job codes; all that are listed if none")
        parser.add_argument("--force", action="store_true", help="run them whether or not they are due")
        parser.add_argument("--silent", action="store_true", help="write nothing to the console")
        parser.add_argument("--dry-run", action="store_true", help="only show what would be run")

    def handle(self, *args: Any, **options: Any) -> None:
        self.is_silent = options["silent"]
        self.leave_the_log_to_its_file()
        self.say("Running Crons")
        self.say("=" * 40)
        look_or_tick = self.look if options["dry_run"] else self.tick
        try:
            is_good = look_or_tick(options["cron_classes"], options["force"])
        except ClockIsOff as error:
            self.complain(str(error))
            is_good = False
        except (DatabaseError, InterfaceError) as error:
            text = _("The database did not take it: %(error)s. The next tick makes up for it.")
            self.complain(text % {"error": str(error).strip()})
            is_good = False
        self.end(failed=not is_good)

    def tick(self, names: list[str], force: bool) -> bool:
        """One round. False if a name, or an entry of CRON_CLASSES, cannot be run."""
        now = checked_now()
        lifecycle.interrupt_stale()
        executor = self.make_executor(only_submitted=bool(names))
        is_good, runs = True, []
        with stop_signals(leave_ctrl_c=not executor.offers_cancel) as stop:
            for name, job, problem in self._entries(names, now):
                if job is None:
                    is_good = False
                    self._complain(name, problem)
                else:
                    runs.append(self._run(job, force, executor))
            self._wait(executor, stop)
        for run in runs:
            if run:
                self.report(run)
        retention.clean_up(now)
        return is_good

    def look(self, names: list[str], force: bool) -> bool:
        """What a round would do. Nothing is changed: the rows of the jobs that it makes are gone with its end."""
        now = checked_now()
        is_good = True
        list(registry.configured())  # imports before the transaction, in which SQLite lets nobody else write
        with transaction.atomic():
            for name, job, problem in self._entries(names, now):
                if job is None:
                    is_good = False
                    self._complain(name, problem)
                elif force or scheduler.is_due(job, now):
                    self.say(f"[{DONE}] {job.code}")
                else:
                    self.say(f"[{NOT_RUN}] {job.code}\n    {_why_not(job, now)}")
            transaction.set_rollback(True)
        return is_good

    @staticmethod
    def _entries(names: list[str], now: datetime) -> Iterator[tuple[str, Job | None, Problem | None]]:
        """What is to be looked at: a job, or what is wrong with an entry."""
        if names:
            yield from registry.named(names, now)
            return
        entries = registry.sync(now)
        jobs = {job.code: job for job in Job.objects.runnable().unpaused(now)}
        for entry in entries:  # in the order of CRON_CLASSES, as in stock
            if entry.problem:
                yield entry.path, None, entry.problem
            elif entry.code in jobs:
                yield entry.code, jobs[entry.code], None

    def _run(self, job: Job, force: bool, executor: Executor) -> Run | None:
        """Claim and submit one job's run; None, and a line that says so, if it is not due."""
        now = timezone.now()
        run = _run_now(job, now) if force else scheduler.claim(job, now)
        if run:
            executor.submit(run)
        else:
            self.say(f"[{NOT_RUN}] {job.code}")
        return run

    @staticmethod
    def _wait(executor: Executor, stop: threading.Event) -> None:
        try:
            executor.step(0)
            while executor.is_busy and not stop.is_set():
                executor.step(0.5)
        finally:
            executor.close(GRACE_SECONDS)

    def _complain(self, name: str, problem: Problem | None) -> None:
        """Name what cannot be run: where stock does, and on stderr, which a crontab mails."""
        text = problem.text if problem else ""
        if problem and problem.id == "jobs.W003":  # stock's own words and logger, which people grep for
            django_cron.logger.info(text)
        line = f"ERROR: Make sure these are valid cron class names: {name}\n{text}"
        if not (self.stdout.isatty() and self.stderr.isatty()):  # once on a console, which shows both
            self.say(line)
        self.complain(line)


def _why_not(job: Job, now: datetime) -> str:
    """Why a job is not due."""
    if not job.is_enabled:
        return _("switched off")
    if pauses := Pause.objects.concerning(job).active(now).select_related("by"):
        return "; ".join(map(pause_words, pauses))
    if job.next_due_at is None:
        return _("never due")
    return _("not due before %(time)s") % {"time": timezone.localtime(job.next_due_at).strftime("%Y-%m-%d %H:%M:%S")}


def _run_now(job: Job, now: datetime) -> Run:
    from backoffice.jobs import control  # what people do is no part of a tick

    return control.run_now(job, now)
