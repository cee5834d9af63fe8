"""Whether the job that sends reports is run at all: without it they stop, and nothing else would say so."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.module_loading import import_string

from backoffice.jobs import detached, registry
from backoffice.jobs.models import Job, Pause, Run, RunTrigger
from backoffice.jobs.pauses import pause_words
from backoffice.jobs.told import gettext as _

JOB = "reporter.cron.SendDailyReportsCronJob"


def listed_codes() -> set[str]:
    """The codes under which CRON_CLASSES names the job, or one derived from it."""
    job = import_string(JOB)
    return {entry.code for entry in registry.configured() if entry.cls and issubclass(entry.cls, job)}


def wake(user: User, now: datetime) -> None:
    """Queue a run of the job, so that what ``user`` has just asked for does not wait for the next slot.

    A scheduler is started for it, if none lives. One run that waits is enough, but it has to be one that a person has
    asked for: another is skipped while the job runs. Where the job is off or paused there is none: it would send all
    that waits, and not only what was asked for.
    """
    job = Job.objects.runnable().unpaused(now).filter(code__in=listed_codes(), problem="").first()
    if job is None:
        return
    if not Run.objects.queued().filter(job=job, trigger=RunTrigger.PERSON, is_dry_run=False).exists():
        values = {"requested_by": user, "reason": _("A report was asked for."), "due_at": now, "queued_at": now}
        Run.objects.create(job=job, trigger=RunTrigger.PERSON, **values)
    # For one that waited before, too: whoever was to take it may have died.
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
    now = timezone.now()
    if known and not Job.objects.filter(code__in=codes, is_enabled=True).unpaused(now).exists():
        pauses = Pause.objects.active(now).filter(Q(job__code__in=codes) | Q(job=None)).select_related("job", "by")
        text = _("Nothing will be sent until the job %(code)s is resumed: it is %(pauses)s.")
        words = "; ".join(pause_words(pause) for pause in pauses)
        return text % {"code": ", ".join(sorted(codes)), "pauses": words}
    return ""
