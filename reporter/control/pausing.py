"""Pausing a report until a day: no edition is made meanwhile, and none is made up for."""

from __future__ import annotations

import contextlib
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.jobs.control.rights import check, note
from backoffice.jobs.timetable import UNREADABLE
from reporter.control.permissions import CHANGE_REPORT
from reporter.models import Report
from reporter.publishing import claim


class NotPaused(Exception):
    """The report cannot be paused like this; the message says why."""


def pause(report: Report, by: User, until: date, reason: str, now: datetime) -> None:
    """Make no edition of ``report`` before the day ``until``, in its zone; the next slot is the first from then on.

    What came due before the pause still gets its edition. Raises PermissionDenied and NotPaused.
    """
    check(by, CHANGE_REPORT)
    try:
        end = datetime.combine(until, time.min, tzinfo=ZoneInfo(report.zone))
    except UNREADABLE as error:
        raise NotPaused(
            _("The time zone of “%(report)s” is not known: correct it first.") % {"report": report}
        ) from error
    if end <= now:
        raise NotPaused(_("Choose a day after today: on it the report is sent again."))
    with transaction.atomic():
        _claim_what_is_due(report, now)
        paused = Report.objects.get(pk=report.pk)
        since = paused.paused_at if paused.is_paused(now) and paused.paused_at else now  # one pause, made longer
        paused.paused_at, paused.paused_until, paused.paused_by, paused.paused_reason = since, end, by, reason
        _save(paused, now)
        note(by, paused, _("Paused until %(day)s. %(reason)s") % {"day": until.isoformat(), "reason": reason})


def resume(report: Report, by: User, now: datetime) -> bool:
    """End the pause; the next slot is the first after ``now``. False if it was not paused."""
    check(by, CHANGE_REPORT)
    with transaction.atomic():
        resumed = Report.objects.filter(pk=report.pk, paused_until__gt=now).first()
        if resumed is None:
            return False
        resumed.paused_until = now  # whose pause it was, and why, stays: the board tells of it
        _save(resumed, now)
        note(by, resumed, _("The pause was ended."))
    return True


def _claim_what_is_due(report: Report, now: datetime) -> None:
    due = Report.objects.due(now).filter(pk=report.pk).first()
    if due is not None:
        with contextlib.suppress(*UNREADABLE):
            claim(due, now)


def _save(report: Report, now: datetime) -> None:
    with contextlib.suppress(*UNREADABLE):  # a timetable that cannot be read has no next slot to move
        report.reschedule(now)
    report.save(update_fields=["paused_at", "paused_until", "paused_by", "paused_reason", "next_due_at"])
