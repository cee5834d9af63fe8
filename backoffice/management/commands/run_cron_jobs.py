"""Runs every configured job now, whatever its schedule. Locks are respected."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.db import DatabaseError, InterfaceError
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.jobs import control, lifecycle, registry
from backoffice.jobs.clock import ClockIsOff, checked_now
from backoffice.jobs.commands import GRACE_SECONDS, NOT_RUN, SchedulingCommand, stop_signals
from backoffice.jobs.models import Job, Run, RunStatus
from backoffice.jobs.models.choices import TROUBLE


class Command(SchedulingCommand):
    help = "Run all configured jobs now, or one of them; says what each did and how long it took."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--job", help="the code or class path of the one job to run")

    def handle(self, *args: Any, **options: Any) -> None:
        self.leave_the_log_to_its_file()
        try:
            is_good = self._run(options["job"])
        except ClockIsOff as error:
            self.complain(str(error))
            is_good = False
        except (DatabaseError, InterfaceError) as error:
            self.complain(_("The database did not take it: %(error)s.") % {"error": str(error).strip()})
            is_good = False
        self.end(failed=not is_good)

    def _run(self, only: str | None) -> bool:
        """Run the jobs and tell of them. False if one of them failed, or cannot be run."""
        now = checked_now()
        names = [entry.path for entry in registry.sync(now)] if only is None else [only]
        unpaused = set(Job.objects.unpaused(now).values_list("pk", flat=True))
        jobs, is_good = [], True
        for name, job, problem in registry.named(names, now):
            if job is None:
                is_good = False
                self.complain(f"{name}: {problem.text if problem else ''}")
            elif only is None and not job.is_enabled:
                self._leave_out(job, _("switched off; --job=%(code)s runs it all the same"))
            elif only is None and job.pk not in unpaused:
                self._leave_out(job, _("paused; --job=%(code)s runs it all the same"))
            else:
                jobs.append(job)
        for run in self._run_all(jobs):
            is_good = self._tell(run) and is_good
        return is_good

    def _leave_out(self, job: Job, why: str) -> None:
        self.say(f"[{NOT_RUN}] {job.code}\n    {why % {'code': job.code}}")

    def _run_all(self, jobs: list[Job]) -> list[Run]:
        lifecycle.interrupt_stale()
        executor = self.make_executor(only_submitted=True)
        runs = []
        with stop_signals(leave_ctrl_c=not executor.offers_cancel) as stop:
            try:
                for job in jobs:
                    runs.append(control.run_now(job, timezone.now()))
                    executor.submit(runs[-1])
                while executor.is_busy and not stop.is_set():
                    executor.step(0.5)
            finally:
                executor.close(GRACE_SECONDS)
        return runs

    def _tell(self, run: Run) -> bool:
        """Say what a run did and how long it took. False if it failed."""
        self.report(run)
        run.refresh_from_db()
        if run.duration is not None:
            values = {"state": run.get_status_display(), "seconds": run.duration.total_seconds()}
            took = _("%(state)s in %(seconds).1f s") % values
            did = f": {run.summary}" if run.summary and run.status == RunStatus.SUCCEEDED else ""
            self.say(f"    {took}{did}")
        if run.status in TROUBLE and run.log_id:
            address = f"{settings.SITE_URL}/admin/django_cron/cronjoblog/{run.log_id}/change/"
            self.say("    " + _("The whole log: %(address)s") % {"address": address})
        return run.status in (RunStatus.SUCCEEDED, RunStatus.SKIPPED)
