"""When a report is due."""

from __future__ import annotations

import contextlib
from datetime import datetime

from reporter.models import Report
from reporter.publishing import UNREADABLE, claim


def reschedule(report: Report, now: datetime) -> None:
    """Start the timetable of a changed report anew; the caller saves it.

    What came due by the timetable that is stored gets its edition first: nothing is missed over an edit.
    """
    stored = Report.objects.filter(pk=report.pk, is_enabled=True).first()
    if stored is not None:
        # An unreadable timetable, of which no slot can be told, is what the edit repairs.
        with contextlib.suppress(*UNREADABLE):
            claim(stored, now)
    report.reschedule(now)
