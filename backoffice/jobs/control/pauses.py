"""Pausing jobs, one or all, for good or until a moment; and resuming them."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.jobs.control.rights import PAUSE_JOB, check, note
from backoffice.jobs.models import Job, Pause
from backoffice.jobs.pauses import pause_words


def pause(
    job: Job | None, now: datetime, *, by: User | None = None, reason: str = "", until: datetime | None = None
) -> Pause:
    """Start nothing more that comes due of ``job``, of all jobs with None, for good or until a moment.

    What is queued or runs goes on, and people may start runs by hand. One that lasts already keeps its beginning and
    gets a new end and reason. Raises PermissionDenied, and ValidationError for a moment that is past.
    """
    check(by, PAUSE_JOB)
    if until is not None and until <= now:
        raise ValidationError({"until": _("This moment is past. Choose one that is to come, or leave it empty.")})
    with transaction.atomic():
        former = Pause.objects.of(job).active(now).select_related("job", "by").first()
        values = {"since": former.since if former else now, "until": until, "by": by, "reason": reason[:255]}
        paused, _created = Pause.objects.update_or_create(job=job, defaults=values)
        before = pause_words(former) if former else _("not paused")
        text = _("Paused. Before: %(before)s. Now: %(after)s.")
        note(by, job or paused, text % {"before": before, "after": pause_words(paused)})
    return paused


def resume(job: Job | None, now: datetime, *, by: User | None = None, reason: str = "") -> bool:
    """End the pause of ``job``, or that of all jobs with None. False if there is none.

    What came due meanwhile is dealt with by the next tick, as the job's policy for missed slots says. A job that is
    paused by itself stays so when all are resumed.
    """
    check(by, PAUSE_JOB)
    with transaction.atomic():
        former = Pause.objects.of(job).active(now).select_related("job", "by").first()
        if former is None or not Pause.objects.filter(pk=former.pk).active(now).update(until=now):
            return False
        text = _("Resumed. Before: %(before)s. %(reason)s")
        note(by, job or former, text % {"before": pause_words(former), "reason": reason})
    return True
