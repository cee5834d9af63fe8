"""A report: what is sent, in which language, and when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.jobs.timetable import Timetable
from reporter.columns import validate_columns
from reporter.models.choices import CHARTS, FileChoice, Language, SectionKind
from reporter.models.validators import validate_subject, validate_zone
from reporter.periods import MAX_DAYS, PeriodChoice
from reporter.placeholders import validate_text

# Rows of a table that a mail shows at most; mail programs cut long mails off. The files have all.
MAX_ROWS = 500


def default_zone() -> str:
    return settings.TIME_ZONE


def default_timetable() -> dict[str, Any]:
    return {"times": ["08:00"]}


class ReportQuerySet(models.QuerySet["Report"]):
    def due(self, now: datetime) -> ReportQuerySet:
        """Enabled reports with a slot at or before ``now``, the longest waiting first."""
        is_paused = Q(paused_until__gt=now)
        return self.filter(is_enabled=True, next_due_at__lte=now).exclude(is_paused).order_by("next_due_at", "pk")

    def get_by_natural_key(self, name: str) -> Report:
        return self.get(name=name)


class Report(models.Model):
    name = models.CharField(_("name"), max_length=120, unique=True)
    subject = models.CharField(
        _("subject"),
        max_length=200,
        default="{report} · {date}",
        validators=[validate_subject],
        help_text=_(
            "{report} stands for the name, {date} for the day it is sent, {period} for the days it tells of, "
            "{first_day} and {last_day} for the first and the last of them, {rows} for the number of rows in tables."
        ),
    )
    intro = models.TextField(
        _("introduction"),
        blank=True,
        validators=[validate_text],
        help_text=_("Text above the sections. The same placeholders stand for the same."),
    )
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
    reply_to = models.EmailField(
        _("reply to"),
        max_length=254,
        blank=True,
        help_text=_("The address that answers to the mail go to. Empty: the sender."),
    )
    period = models.CharField(_("period"), max_length=16, choices=PeriodChoice.choices, default=PeriodChoice.YESTERDAY)
    period_days = models.PositiveSmallIntegerField(
        _("number of days"),
        default=7,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_DAYS)],
        help_text=_("For a period of “the last … days”; otherwise it counts for nothing."),
    )
    files = models.CharField(
        _("files"),
        max_length=8,
        choices=FileChoice.choices,
        default=FileChoice.CSV,
        help_text=_("With all rows of tables and charts; the mail itself shows the first ones."),
    )
    skip_if_empty = models.BooleanField(
        _("skip if empty"),
        default=False,
        help_text=_("Nothing is sent when no table and no chart has a row. The list of editions says so."),
    )

    zone = models.CharField(_("time zone"), max_length=64, default=default_zone, validators=[validate_zone])
    # A timetable's data without the zone, which is the report's, and the same for the days that it tells of.
    timetable_data = models.JSONField(_("timetable"), default=default_timetable, editable=False)
    is_enabled = models.BooleanField(_("enabled"), default=True)

    # No slot before it has an edition: pausing moves next_due_at on.
    paused_at = models.DateTimeField(_("paused since"), null=True, blank=True, editable=False)
    paused_until = models.DateTimeField(_("paused until"), null=True, blank=True, editable=False)
    paused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("paused by"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    paused_reason = models.CharField(_("reason of the pause"), max_length=200, blank=True, editable=False)

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
        return Timetable.from_data(self.whole_timetable, self.timetable_code)

    @property
    def timetable_code(self) -> str:
        """What a spread goes by."""
        return f"report-{self.pk}"

    @property
    def whole_timetable(self) -> dict[str, Any]:
        """The data with the zone."""
        return {**self.timetable_data, "zone": self.zone}

    def is_paused(self, now: datetime) -> bool:
        return self.paused_until is not None and self.paused_until > now

    def reschedule(self, now: datetime) -> None:
        """Start the timetable anew from ``now``, or from the end of the pause. The caller saves.

        What was due before stays as it is.
        """
        after = max(now, self.paused_until - timedelta.resolution) if self.paused_until else now
        slot = self.timetable.next_unanswered_slot(after)
        self.next_due_at = slot.at if slot else None


class ReportSection(models.Model):
    """One table, chart or text of a report."""

    report = models.ForeignKey(Report, verbose_name=_("report"), on_delete=models.CASCADE, related_name="sections")
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    kind = models.CharField(_("kind"), max_length=8, choices=SectionKind.choices, default=SectionKind.TABLE)
    dataset = models.CharField(_("dataset"), max_length=100, blank=True)
    title = models.CharField(_("title"), max_length=120, blank=True, help_text=_("Empty: the title of the dataset."))
    parameters = models.JSONField(_("parameters"), default=dict, blank=True)  # of the dataset: name → what was typed
    text = models.TextField(
        _("text"),
        blank=True,
        validators=[validate_text],
        help_text=_(
            "Of a section that is a text. {report}, {date}, {period}, {first_day}, {last_day} and {rows} stand for "
            "the same as in the subject."
        ),
    )

    # As reporter.columns has them; none means all columns, as the dataset has them.
    columns = models.JSONField(_("columns"), default=list, blank=True, validators=[validate_columns])
    # The names of the columns that the dataset had when it was last asked, in the language of the report.
    seen_columns = models.JSONField(default=list, blank=True, editable=False)
    sort_column = models.CharField(_("sorted by"), max_length=200, blank=True)
    is_descending = models.BooleanField(_("largest first"), default=False)
    row_limit = models.PositiveSmallIntegerField(
        _("rows in the mail"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_ROWS)],
        help_text=_("The first ones; the files have all. Empty: 200 rows of a table, 20 bars, 8 shares."),
    )

    class Meta:
        verbose_name = _("section")
        verbose_name_plural = _("sections")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.title or str(SectionKind(self.kind).label)  # the key of a dataset tells nobody anything

    @property
    def has_rows(self) -> bool:
        """Whether it tells of a dataset."""
        return self.kind != SectionKind.TEXT

    @property
    def is_chart(self) -> bool:
        return self.kind in CHARTS


def _watching_words(watching: Any) -> str:
    return f"{watching.report} → {watching.user}"


# Django makes the model of these, too; the pages that ask before something is deleted name its rows.
Watching = Report.watchers.through
Watching.__str__ = _watching_words  # type: ignore[method-assign]
Watching._meta.verbose_name = Watching._meta.verbose_name_plural = _("watchers")
