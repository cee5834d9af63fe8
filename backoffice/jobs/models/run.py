"""A run: one attempt at a job. It says why it was started, where it ran and what became of it."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_cron.models import CronJobLog

from backoffice.jobs.clock import Moment
from backoffice.jobs.models.choices import TROUBLE, UNFINISHED, RunStatus, RunTrigger
from backoffice.jobs.models.job import Job
from backoffice.jobs.told import ToldCharField


class RunQuerySet(models.QuerySet["Run"]):
    def queued(self) -> RunQuerySet:
        """Runs that wait for a supervisor, first come first served."""
        return self.filter(status=RunStatus.QUEUED).order_by("pk")

    def unfinished(self) -> RunQuerySet:
        return self.filter(status__in=UNFINISHED)

    def being_cancelled(self) -> RunQuerySet:
        """Runs that go on, though somebody has asked for their end."""
        return self.filter(status=RunStatus.RUNNING, cancel_requested_at__isnull=False)

    def failed(self) -> RunQuerySet:
        """Runs that somebody should look at."""
        return self.filter(status__in=TROUBLE)

    def stale(self, now: Moment) -> RunQuerySet:
        """Running runs without a living lease: their supervisor is gone."""
        return self.filter(status=RunStatus.RUNNING).exclude(lease__expires_at__gt=now)


class Run(models.Model):
    # With db_default, a host that still has the code of before can queue runs while others are upgraded.
    job = models.ForeignKey(Job, verbose_name=_("job"), on_delete=models.CASCADE, related_name="runs")
    status = models.CharField(_("state"), max_length=16, choices=RunStatus.choices, default=RunStatus.QUEUED)

    # Why
    trigger = models.CharField(_("started by"), max_length=16, choices=RunTrigger.choices)
    slot = models.CharField(
        _("slot"), max_length=64, null=True, blank=True, help_text=_("The due moment that this run answers for.")
    )
    due_at = models.DateTimeField(_("due"))
    slots_covered = models.PositiveIntegerField(
        _("slots"), default=1, help_text=_("How many due moments it answers for: more than 1 if nothing ticked.")
    )
    covers_from = models.DateTimeField(_("first slot"), null=True, blank=True)
    ran_at_time = models.TimeField(_("set time"), null=True, blank=True)
    retry_of: models.ForeignKey[Run | None, Run | None] = models.ForeignKey(
        "self", verbose_name=_("retry of"), null=True, blank=True, on_delete=models.SET_NULL, related_name="retries"
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("requested by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    reason = ToldCharField(_("reason"), max_length=255, blank=True)
    is_dry_run = models.BooleanField(_("dry run"), default=False)
    attempt = models.PositiveIntegerField(
        _("attempt"), default=1, db_default=1, help_text=_("2 for the first retry of a failed run, and so on.")
    )

    # When and where
    queued_at = models.DateTimeField(_("queued"))
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    host = models.CharField(_("host"), max_length=255, blank=True)
    pid = models.PositiveBigIntegerField(_("process"), null=True, blank=True)
    token = models.UUIDField(_("token"), null=True, blank=True, editable=False)

    # Who wants it stopped. Its supervisor, on whatever host, reads this.
    cancel_requested_at = models.DateTimeField(_("cancel asked for"), null=True, blank=True)
    cancel_requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("cancel asked for by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    cancel_reason = models.CharField(_("reason of the cancel"), max_length=255, blank=True, default="", db_default="")

    # How far it is, where the job tells
    progress_done = models.FloatField(_("done"), null=True, blank=True)
    progress_total = models.FloatField(_("of"), null=True, blank=True)
    progress_what = models.CharField(_("what it does"), max_length=255, blank=True, default="", db_default="")

    # What became of it
    summary = ToldCharField(_("what it did"), max_length=255, blank=True)
    log = models.OneToOneField(
        CronJobLog, verbose_name=_("log"), null=True, blank=True, on_delete=models.SET_NULL, related_name="run"
    )

    objects = RunQuerySet.as_manager()

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        ordering = ["-pk"]
        permissions = [("cancel_run", _("Can cancel a run"))]
        constraints = [
            models.UniqueConstraint(fields=["job", "slot"], name="run_once_per_slot"),
        ]
        indexes = [
            # Not a partial one: SQLite cannot tell from a bound parameter that it would do.
            models.Index(fields=["status", "id"], name="run_by_status"),
            models.Index(fields=["job", "-id"], name="run_by_job"),
            models.Index(fields=["queued_at"], name="run_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.job.code} #{self.pk}"

    @property
    def waits_its_turn(self) -> bool:
        """Whether it waits where it finds its job running, rather than being skipped.

        What a person has asked for does: nobody asks for it again, as the next slot does.
        """
        is_asked_for = self.trigger == RunTrigger.PERSON and not self.job.allows_parallel_runs
        return is_asked_for or self.job.waits_its_turn

    @property
    def duration(self) -> timedelta | None:
        if self.started_at is None or self.ended_at is None:
            return None
        return self.ended_at - self.started_at

    @property
    def progress_share(self) -> float | None:
        """How much of it is done, from 0 to 1; None where that is not known."""
        if self.progress_done is None or not self.progress_total or self.progress_total <= 0:
            return None
        return min(1.0, max(0.0, self.progress_done / self.progress_total))

    @property
    def shown_status(self) -> RunStatus:
        """The state to show: a running run whose lease ran out is interrupted from that moment on."""
        if self.status == RunStatus.RUNNING and not self._lease_lives():
            return RunStatus.INTERRUPTED
        return RunStatus(self.status)

    def _lease_lives(self) -> bool:
        lease = getattr(self, "lease", None)
        return lease is not None and lease.expires_at is not None and lease.expires_at > timezone.now()
