"""When a report is due."""

from __future__ import annotations

import contextlib
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.jobs.control import insist_on_latest
from backoffice.jobs.control.rights import check, note
from backoffice.jobs.timetable import UNREADABLE, Timetable
from backoffice.jobs.words import describe_stored
from reporter.control.permissions import CHANGE_REPORT
from reporter.models import Report, ReportTimetableChange
from reporter.publishing import claim


def begin_anew(report: Report, now: datetime) -> None:
    """Start the timetable of a report that was switched on or off anew; the caller saves it.

    What came due by the timetable that is stored gets its edition first: nothing is missed over an edit.
    """
    stored = Report.objects.filter(pk=report.pk, is_enabled=True).first()
    if stored is not None:
        # An unreadable timetable, of which no slot can be told, is what an edit repairs.
        with contextlib.suppress(*UNREADABLE):
            claim(stored, now)
    report.reschedule(now)


def reschedule(
    report: Report,
    timetable: Timetable,
    now: datetime,
    *,
    by: User | None = None,
    reason: str = "",
    seen: int | None = None,
) -> ReportTimetableChange:
    """Give ``report`` another timetable; its zone becomes the report's. What is due by the old one is claimed first.

    ``by`` is None for the command line. Raises PermissionDenied, and ChangedMeanwhile if ``seen``, the id of a change
    or 0 for none, is not the report's latest.
    """
    check(by, CHANGE_REPORT)
    with transaction.atomic():
        row = Report.objects.select_for_update().get(pk=report.pk)
        insist_on_latest(seen, row.timetable_changes.first())
        before = row.whole_timetable
        data = timetable.to_data()
        row.zone = data.pop("zone")
        row.timetable_data = data
        begin_anew(row, now)
        row.save(update_fields=["zone", "timetable_data", "next_due_at"])
        change = ReportTimetableChange.objects.create(
            report=row, before=before, after=row.whole_timetable, changed_at=now, changed_by=by, reason=reason[:255]
        )
        texts = {"before": describe_stored(before), "after": describe_stored(row.whole_timetable), "reason": reason}
        note(by, row, _("Timetable: “%(before)s” became “%(after)s”. %(reason)s") % texts)
    report.refresh_from_db()
    return change


def put_back(
    report: Report,
    change: ReportTimetableChange,
    now: datetime,
    *,
    by: User | None = None,
    reason: str = "",
    seen: int | None = None,
) -> ReportTimetableChange:
    """Give ``report`` the timetable that it had before ``change``. Raises what ``reschedule`` raises."""
    return reschedule(report, Timetable.from_data(change.before or {}), now, by=by, reason=reason, seen=seen)
