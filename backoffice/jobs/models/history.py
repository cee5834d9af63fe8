"""Changes of timetables that people made: what it was, what it became, who and why, so that it can be put back.

A small table of our own: django-simple-history copies the whole row with each ``save()``, whatever was saved,
and none with an UPDATE; here one column counts, and what it becomes is decided by an UPDATE.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.jobs.models.job import Job


class TimetableChange(models.Model):
    """``before`` and ``after`` are a timetable's data; None: as in the code."""

    before = models.JSONField(_("before"), null=True, blank=True)
    after = models.JSONField(_("after"), null=True, blank=True)
    changed_at = models.DateTimeField(_("changed"))
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("changed by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    reason = models.CharField(_("reason"), max_length=255, blank=True)

    class Meta:
        abstract = True
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.changed_at:%Y-%m-%d %H:%M}"


class JobTimetableChange(TimetableChange):
    job = models.ForeignKey(Job, verbose_name=_("job"), on_delete=models.CASCADE, related_name="timetable_changes")

    class Meta(TimetableChange.Meta):
        verbose_name = _("change of a job's timetable")
        verbose_name_plural = _("changes of jobs' timetables")
