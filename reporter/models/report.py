"""A report: what is sent, in which language, and when."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.jobs.timetable import Timetable
from reporter.models.choices import Language
from reporter.models.validators import validate_subject, validate_times, validate_weekdays, validate_zone
from reporter.periods import PeriodChoice


def default_zone() -> str:
    return settings.TIME_ZONE


def default_times() -> list[str]:
    return ["08:00"]


class ReportQuerySet(models.QuerySet["Report"]):
    def due(self, now: datetime) -> ReportQuerySet:
        """Enabled reports with a slot at or before ``now``, the longest waiting first."""
        return self.filter(is_enabled=True, next_due_at__lte=now).order_by("next_due_at", "pk")

    def get_by_natural_key(self, name: str) -> Report:
        return self.get(name=name)


class Report(models.Model):
    name = models.CharField(_("name"), max_length=120, unique=True)
    subject = models.CharField(
        _("subject"),
        max_length=200,
        default="{report} · {date}",
        validators=[validate_subject],
        help_text=_("{report} stands for the name, {date} for the day it is sent, {period} for the days it tells of."),
    )
    intro = models.TextField(_("introduction"), blank=True, help_text=_("Text above the tables."))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="reports",
        help_text=_("The report is sent with the rights of this person, who is told when something goes wrong."),
    )
    watchers = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("watchers"),
        blank=True,
        related_name="watched_reports",
        help_text=_("Are told when something goes wrong, as the owner is."),
    )
    needs_approval = models.BooleanField(
        _("waits for approval"),
        default=False,
        help_text=_("Each edition is built, and sent when somebody has approved it."),
    )
    language = models.CharField(_("language"), max_length=16, choices=Language.choices, default=Language.ENGLISH)
    period = models.CharField(_("period"), max_length=16, choices=PeriodChoice.choices, default=PeriodChoice.YESTERDAY)

    zone = models.CharField(_("time zone"), max_length=64, default=default_zone, validators=[validate_zone])
    times = models.JSONField(_("times"), default=default_times, validators=[validate_times])
    weekdays = models.JSONField(_("weekdays"), null=True, blank=True, validators=[validate_weekdays])
    is_enabled = models.BooleanField(_("enabled"), default=True)

    # The first slot that has no edition yet; moved on in the transaction that inserts the edition.
    next_due_at = models.DateTimeField(_("next due"), null=True, blank=True, editable=False)
    # The quick are built first, so that a large report holds up no small one.
    build_seconds = models.FloatField(_("last build took, in seconds"), default=0, editable=False)

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        ordering = ["name"]
        permissions = [
            ("send_report", _("Can send a report now")),
            ("preview_report", _("Can preview a report")),
            ("test_report", _("Can send a report to themselves as a test")),
            ("backfill_report", _("Can send the editions of past days")),
        ]
        indexes = [models.Index(fields=["next_due_at"], name="report_due", condition=Q(is_enabled=True))]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: object, **kwargs: object) -> None:
        if self._state.adding and self.next_due_at is None:
            self.reschedule(timezone.now())  # without it a report would never come due
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    @property
    def timetable(self) -> Timetable:
        return Timetable.from_data({"times": self.times, "weekdays": self.weekdays, "zone": self.zone})

    def reschedule(self, now: datetime) -> None:
        """Start the timetable anew from ``now``: what was due before stays as it is. The caller saves."""
        slot = self.timetable.next_slot(now)
        self.next_due_at = slot.at if slot else None


class ReportSection(models.Model):
    """One table of a report."""

    report = models.ForeignKey(Report, verbose_name=_("report"), on_delete=models.CASCADE, related_name="sections")
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    dataset = models.CharField(_("dataset"), max_length=100)
    title = models.CharField(_("title"), max_length=120, blank=True, help_text=_("Empty: the title of the dataset."))

    class Meta:
        verbose_name = _("section")
        verbose_name_plural = _("sections")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.title or self.dataset
