"""Whether the job that sends reports is run at all: without it they stop, and nothing else would say so."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from backoffice.jobs import detached, registry
from backoffice.jobs.models import Job, Run, RunTrigger

JOB = "reporter.cron.SendDailyReportsCronJob"


def listed_codes() -> set[str]:
    """The codes under which CRON_CLASSES names the job, or one derived from it."""
    job = import_string(JOB)
    return {entry.code for entry in registry.configured() if entry.cls and issubclass(entry.cls, job)}


def wake(user: User, now: datetime) -> None:
    """Queue a run of the job, so that what ``user`` has just asked for does not wait for the next slot.

    A scheduler is started for it, if none lives. Not done where one waits already, or where the job is off: then the
    timetable's next run does it all.
    """
    job = Job.objects.runnable().filter(code__in=listed_codes(), problem="").first()
    if job is None or Run.objects.queued().filter(job=job).exists():
        return
    reason = _("A report was asked for.")
    Run.objects.create(job=job, trigger=RunTrigger.PERSON, requested_by=user, reason=reason, due_at=now, queued_at=now)
    transaction.on_commit(detached.see_to_the_queue, robust=True)


def why_nothing_is_sent() -> str:
    """What keeps the job from being run, and what to do; empty if it is run."""
    codes = listed_codes()
    if not codes:
        return _("Nothing will be sent until CRON_CLASSES names %(job)s.") % {"job": JOB}
    # A job that no tick has seen yet has no row, and is enabled.
    known = set(Job.objects.filter(code__in=codes).values_list("code", "is_enabled"))
    if known and not any(is_enabled for _code, is_enabled in known):
        text = _("Nothing will be sent until the job %(code)s is enabled: it is switched off.")
        return text % {"code": ", ".join(sorted(codes))}
    return ""
