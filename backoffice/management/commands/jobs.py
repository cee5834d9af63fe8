"""Jobs from the command line: what there is, pausing and resuming, and ending a run. As in the browser."""

from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.jobs import control, registry
from backoffice.jobs.models import Job, Pause, Run, RunStatus
from backoffice.jobs.models.choices import UNFINISHED
from backoffice.jobs.pauses import mornings
from backoffice.jobs.tables import NeedsTables

UNTIL_HELP = "tomorrow or monday, at 8:00, or a moment such as 2026-12-24T18:00, in TIME_ZONE; for good without it"
REASON_HELP = "kept with it, for those who look later"


class Command(NeedsTables):
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
                one.add_argument("--until", type=_moment, help=UNTIL_HELP)
        cancel = what.add_parser("cancel", help="end a run: one that goes on is asked to stop, then ended")
        cancel.add_argument("run", help="the run's number, as the list says it, or the code of its job")
        cancel.add_argument("--reason", default="", help=REASON_HELP)

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        registry.sync(now)
        getattr(self, options["what"])(now, **options)

    def list(self, now: datetime, **options: Any) -> None:
        for pause in Pause.objects.active(now).filter(job=None).select_related("by"):
            self.stdout.write(_("All jobs are %(pause)s.") % {"pause": control.pause_words(pause)})
        waiting: dict[int, list[int]] = {}
        for owner, number in Run.objects.queued().order_by("pk").values_list("job", "pk"):
            waiting.setdefault(owner, []).append(number)
        jobs = Job.objects.filter(is_listed=True).select_related("pause__by", "last_run").prefetch_related("leases")
        for job in jobs:
            due = timezone.localtime(job.next_due_at).strftime("%Y-%m-%d %H:%M:%S") if job.next_due_at else _("never")
            self.stdout.write(f"{job.code:<40} {due:<20} {_state(job, now, waiting.get(job.pk, []))}")

    def pause(self, now: datetime, **options: Any) -> None:
        job = _job(options)
        try:
            pause = control.pause(job, now, reason=options["reason"], until=options["until"])
        except ValidationError as error:
            raise CommandError(f"--until: {' '.join(error.messages)}") from error
        self.stdout.write(f"{pause}: {control.pause_words(pause)}")

    def resume(self, now: datetime, **options: Any) -> None:
        job = _job(options)
        values = {"job": job or _("all jobs")}
        if not control.resume(job, now, reason=options["reason"]):
            raise CommandError(_("Not paused: %(job)s.") % values)
        self.stdout.write(_("Resumed: %(job)s.") % values)

    def cancel(self, now: datetime, **options: Any) -> None:
        run = _run(options["run"])
        try:
            if not control.cancel(run, now, reason=options["reason"]):
                state = Run.objects.get(pk=run.pk).shown_status.label
                raise CommandError(_("%(run)s has ended already: %(state)s.") % {"run": run, "state": state})
        except control.CannotBeCancelled as error:
            raise CommandError(str(error)) from error
        run.refresh_from_db(fields=["status"])
        is_done = run.status == RunStatus.CANCELLED
        text = _("%(run)s: cancelled.") if is_done else _("%(run)s: will be asked to stop, then ended.")
        self.stdout.write(text % {"run": run})


def _moment(text: str) -> datetime:
    if offered := mornings(timezone.now()).get(text.lower()):
        return offered
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        why = _("'%(text)s' is no moment such as 2026-12-24T18:00, tomorrow or monday") % {"text": text}
        raise ArgumentTypeError(why) from None
    return found if found.tzinfo else timezone.make_aware(found)


def _job(options: dict[str, Any]) -> Job | None:
    """The job that is meant; None for all. Raises CommandError."""
    if bool(options["code"]) == options["all"]:
        raise CommandError(_("Name a job by its code, or say --all."))
    return None if options["all"] else _named(options["code"])


def _named(code: str) -> Job:
    job = Job.objects.filter(code=code).first()
    if job is None:
        raise CommandError(registry.no_such_job(code))
    return job


def _run(name: str) -> Run:
    """The run with this number, or the one of this job that waits or goes on. Raises CommandError."""
    runs = Run.objects.select_related("job", "lease")
    if name.isdecimal():
        if run := runs.filter(pk=name).first():
            return run
        raise CommandError(_("There is no run %(number)s.") % {"number": name})
    job = _named(name)
    found = list(runs.filter(job=job, status__in=UNFINISHED).order_by("pk"))
    if not found:
        raise CommandError(_("%(job)s: none of its runs waits or goes on.") % {"job": job})
    if len(found) > 1:
        values = {"job": job, "numbers": ", ".join(str(run.pk) for run in found)}
        raise CommandError(_("%(job)s has several runs: %(numbers)s. Name one by its number.") % values)
    return found[0]


def _state(job: Job, now: datetime, waiting: list[int]) -> str:
    pause = getattr(job, "pause", None)
    if job.problem:
        return _("cannot run: %(problem)s") % {"problem": job.problem}
    if not job.is_enabled:
        return _("switched off")
    words = [_("running: %(number)s") % {"number": lease.run_id or "?"} for lease in job.leases.all() if lease.is_held]
    words += [_("waiting: %(number)s") % {"number": number} for number in waiting]
    if pause and pause.is_active(now):
        words.append(control.pause_words(pause))
    elif job.last_run:
        values = {"state": job.last_run.shown_status.label, "summary": job.last_run.summary}
        words.append(_("last run %(state)s: %(summary)s") % values)
    return "; ".join(words) or _("has not run yet")
