"""Jobs from the command line: what there is, pausing and resuming, and ending a run. As in the browser."""

from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from backoffice.jobs import control, registry
from backoffice.jobs.models import Job, Pause, Run, RunStatus

REASON_HELP = "kept with it, for those who look later"


class Command(BaseCommand):
    help = "List the jobs, pause and resume them, cancel a run."

    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_subparsers(dest="what", required=True)
        what.add_parser("list", help="each job: its state, and when it is due next")
        for name, text in (("pause", "start nothing that comes due"), ("resume", "end a pause")):
            one = what.add_parser(name, help=text)
            one.add_argument("code", nargs="?", help="the job's code")
            one.add_argument("--all", action="store_true", help="all jobs; those that are paused by themselves stay so")
            one.add_argument("--reason", default="", help=REASON_HELP)
            if name == "pause":
                text = "until this moment, such as 2026-12-24 or 2026-12-24T18:00, in TIME_ZONE; for good without it"
                one.add_argument("--until", type=_moment, help=text)
        cancel = what.add_parser("cancel", help="end a run: one that goes on is asked to stop, then ended")
        cancel.add_argument("run", type=int, help="the run's number")
        cancel.add_argument("--reason", default="", help=REASON_HELP)

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        registry.sync(now)
        getattr(self, options["what"])(now, **options)

    def list(self, now: datetime, **options: Any) -> None:
        for pause in Pause.objects.active(now).filter(job=None).select_related("by"):
            self.stdout.write(f"All jobs are {control.pause_words(pause)}.")
        jobs = Job.objects.filter(is_listed=True).select_related("pause__by", "last_run").prefetch_related("leases")
        for job in jobs:
            due = timezone.localtime(job.next_due_at).strftime("%Y-%m-%d %H:%M:%S") if job.next_due_at else "never"
            self.stdout.write(f"{job.code:<40} {due:<20} {_state(job, now)}")

    def pause(self, now: datetime, **options: Any) -> None:
        job = _job(options)
        try:
            pause = control.pause(job, now, reason=options["reason"], until=options["until"])
        except ValidationError as error:
            raise CommandError(f"--until: {' '.join(error.messages)}") from error
        self.stdout.write(f"{pause}: {control.pause_words(pause)}")

    def resume(self, now: datetime, **options: Any) -> None:
        job = _job(options)
        if not control.resume(job, now, reason=options["reason"]):
            raise CommandError(f"{job or 'All jobs'}: not paused.")
        self.stdout.write(f"{job or 'All jobs'}: resumed.")

    def cancel(self, now: datetime, **options: Any) -> None:
        run = Run.objects.select_related("job", "lease").filter(pk=options["run"]).first()
        if run is None:
            raise CommandError(f"There is no run {options['run']}.")
        try:
            if not control.cancel(run, now, reason=options["reason"]):
                raise CommandError(f"{run} has ended already: {Run.objects.get(pk=run.pk).shown_status.label}.")
        except control.CannotBeCancelled as error:
            raise CommandError(str(error)) from error
        run.refresh_from_db(fields=["status"])
        done = run.status == RunStatus.CANCELLED
        self.stdout.write(f"{run}: {'cancelled' if done else 'will be asked to stop, then ended'}.")


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no moment such as 2026-12-24T18:00") from None
    return found if found.tzinfo else timezone.make_aware(found)


def _job(options: dict[str, Any]) -> Job | None:
    """The job that is meant; None for all. Raises CommandError."""
    if bool(options["code"]) == options["all"]:
        raise CommandError("Name a job by its code, or say --all.")
    if options["all"]:
        return None
    job = Job.objects.filter(code=options["code"]).first()
    if job is None:
        raise CommandError(f"There is no job {options['code']!r}. See: manage.py jobs list")
    return job


def _state(job: Job, now: datetime) -> str:
    pause = getattr(job, "pause", None)
    if job.problem:
        return f"cannot run: {job.problem}"
    if not job.is_enabled:
        return "switched off"
    words = ["running"] if any(lease.is_held for lease in job.leases.all()) else []
    if pause and pause.is_active(now):
        words.append(control.pause_words(pause))
    elif job.last_run:
        words.append(f"last run {job.last_run.shown_status.label}: {job.last_run.summary}")
    return "; ".join(words) or "has not run yet"
