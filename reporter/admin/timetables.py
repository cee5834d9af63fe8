"""The page on which a report's timetable is changed: the same as that of jobs."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from backoffice.jobs.admin.base import user_of
from backoffice.jobs.admin.timetable_form import TimetableForm
from backoffice.jobs.admin.timetable_page import TimetablePage
from backoffice.jobs.admin.timetable_preview import Preview, preview
from backoffice.jobs.intervals import INSTANT
from backoffice.jobs.timetable import UNREADABLE, Timetable
from backoffice.jobs.words import describe, describe_stored
from reporter import control
from reporter.models import Report
from reporter.models.report import default_timetable

# The job that sends reports comes every five minutes.
LEAST_MINUTES = 5


class ReportTimetablePage(TimetablePage):
    permission = control.CHANGE_REPORT
    row: Report

    def words(self, data: dict[str, Any] | None) -> str:
        return describe_stored(data or {})

    def stored(self) -> dict[str, Any] | None:
        return self.row.whole_timetable

    def read(self, data: dict[str, Any] | None) -> Timetable:
        return Timetable.from_data(data or {}, self.row.timetable_code)

    def form(self, data: Any = None) -> TimetableForm:
        try:
            current = self.row.timetable
            describe(current)
            current.never_comes_due()  # asks for its zone
        except UNREADABLE:
            current = Timetable.from_data(default_timetable(), self.row.timetable_code)
        form = TimetableForm(data, current=current, least_minutes=LEAST_MINUTES)
        form.fields["zone"].help_text = _("Times are those of its clocks, and the days that it tells of are its days.")
        return form

    def preview_of(self, timetable: Timetable) -> Preview:
        shown = preview(timetable, self.now, *self._start(timetable))
        if not self.row.is_enabled:
            shown.remarks.insert(0, ("odd", _("The report is switched off: it does not come due until it is on.")))
        days = [row.at[:10] for row in shown.rows]
        if any(day == following for day, following in pairwise(days)):
            text = _("Several on one day: they all tell of %(period)s, since this is counted in whole days.")
            shown.remarks.append(("odd", text % {"period": self.row.get_period_display()}))
        return shown

    def _start(self, timetable: Timetable) -> tuple[datetime, datetime]:
        """Where it would go on with it, and from where an interval is counted."""
        at, anchor = self.row.next_due_at, self.row.next_due_at
        if not (at and self.is_in_force(timetable)):
            slot = timetable.next_unanswered_slot(self.now)
            at, anchor = slot.at if slot else None, timetable.fresh_anchor(self.now)
        return at - INSTANT if at else self.now, anchor or self.now

    def save(self, timetable: Timetable | None, reason: str, seen: int) -> None:
        assert timetable is not None  # a report has no timetable in code
        person = user_of(self.request)
        control.reschedule(self.row, timetable, self.now, by=person, reason=reason, seen=seen)

    def put_back(self, change: Any, reason: str, seen: int) -> None:
        control.put_back(self.row, change, self.now, by=user_of(self.request), reason=reason, seen=seen)
