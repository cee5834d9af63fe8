"""Changes of a report's timetable, with its zone."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.jobs.models.history import TimetableChange
from reporter.models.report import Report


class ReportTimetableChange(TimetableChange):
    report = models.ForeignKey(
        Report, verbose_name=_("report"), on_delete=models.CASCADE, related_name="timetable_changes"
    )

    class Meta(TimetableChange.Meta):
        verbose_name = _("change of a report's timetable")
        verbose_name_plural = _("changes of reports' timetables")
