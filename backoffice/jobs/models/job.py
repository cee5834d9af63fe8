"""A job: a CronJobBase class of CRON_CLASSES, with what staff may change and where its timetable stands."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from backoffice.jobs.models.choices import MissedPolicy, OverlapPolicy
from backoffice.jobs.models.pause import Pause
from backoffice.jobs.timetable import Timetable
from backoffice.jobs.told import ToldTextField

if TYPE_CHECKING:
    from backoffice.jobs.models.run import Run

# django_cron_cronjoblog.code holds no more.
MAX_CODE_LENGTH = 64


class JobQuerySet(models.QuerySet["Job"]):
    def runnable(self) -> JobQuerySet:
        """Jobs that the scheduler looks after: listed in CRON_CLASSES, loadable, not switched off."""
        return self.filter(is_listed=True, is_enabled=True)

    def unpaused(self, now: datetime) -> JobQuerySet:
        """Without those that are paused at ``now``, by themselves or with all."""
        pauses = Pause.objects.active(now)
        return self.exclude(Exists(pauses.filter(job=OuterRef("pk")))).exclude(Exists(pauses.filter(job=None)))

    def due(self, now: datetime) -> JobQuerySet:
        """Jobs with a slot or a retry at or before ``now``, the longest waiting first."""
        return self.filter(next_due_at__lte=now).order_by("next_due_at")

    def broken(self) -> JobQuerySet:
        """Listed jobs that cannot be run as they are; ``problem`` says why."""
        return self.filter(is_listed=True).exclude(problem="")


class Job(models.Model):
    code = models.CharField(_("code"), max_length=255, unique=True)
    class_path = models.CharField(_("class"), max_length=255, db_index=True)
    is_listed = models.BooleanField(
        _("listed"), default=False, help_text=_("Whether CRON_CLASSES names it; what is not listed runs by hand only.")
    )
    problem = ToldTextField(_("problem"), blank=True, help_text=_("Why it cannot be run, and what to do."))
    is_enabled = models.BooleanField(_("enabled"), default=True)
    missed_policy = models.CharField(
        _("missed slots"), max_length=16, choices=MissedPolicy.choices, default=MissedPolicy.RUN_ONCE
    )

    overlap_policy = models.CharField(
        _("while it still runs"),
        max_length=16,
        choices=OverlapPolicy.choices,
        default=OverlapPolicy.SKIP,
        db_default=OverlapPolicy.SKIP,
    )
    time_limit_seconds = models.PositiveIntegerField(
        _("time limit, in seconds"),
        null=True,
        blank=True,
        help_text=_("A run that takes longer is asked to stop, then ended. Empty: as long as the code lets it."),
    )
    max_retries = models.PositiveIntegerField(
        _("retries"),
        null=True,
        blank=True,
        help_text=_("How often a failed run is tried again; 0 for never. Empty: as the code says."),
    )
    retry_pause_minutes = models.PositiveIntegerField(
        _("minutes to the first retry"),
        null=True,
        blank=True,
        help_text=_("From the end of the failed run; each further pause is twice as long. Empty: 5."),
    )

    # As the class declares it; kept here so that a tick need not import the class.
    timetable_data = models.JSONField(_("timetable"), default=dict)
    # What staff have set in its place; None: as in the code.
    own_timetable = models.JSONField(_("own timetable"), null=True, blank=True, editable=False)
    retry_minutes = models.FloatField(_("minutes to the retry of a failed run"), null=True, blank=True)
    lock_seconds = models.PositiveIntegerField(_("longest run, in seconds"), default=24 * 60 * 60)
    allows_parallel_runs = models.BooleanField(_("may run beside itself"), default=False)
    supports_dry_run = models.BooleanField(_("can be tried out"), default=False, db_default=False)

    # Where the timetable stands. next_due_at is the next moment at which a tick has to look at the job.
    # It is the retry, where one is to come, or else the next slot that is not claimed yet.
    next_due_at = models.DateTimeField(_("next due"), null=True, blank=True)
    next_slot_at = models.DateTimeField(_("next slot"), null=True, blank=True)
    retry_at = models.DateTimeField(_("retry at"), null=True, blank=True)
    interval_anchor = models.DateTimeField(_("intervals counted from"), null=True, blank=True)
    claimed_at = models.DateTimeField(_("last claimed"), null=True, blank=True)

    # Written with each run's end, so that a list of jobs reads no logs.
    last_run: models.ForeignKey[Run | None, Run | None] = models.ForeignKey(
        "jobs.Run", verbose_name=_("last run"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    last_success_at = models.DateTimeField(_("last success"), null=True, blank=True)
    failures_in_a_row = models.PositiveIntegerField(_("failures in a row"), default=0)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ["code"]
        permissions = [
            ("run_job", _("Can run a job now")),
            ("pause_job", _("Can pause jobs and resume them")),
            ("clear_lock", _("Can clear the lock of a job")),
            ("force_clear_lock", _("Can clear the lock of a run that lives")),
            ("export_log", _("Can export the log")),
            ("reschedule_job", _("Can change the timetable of a job")),
        ]
        indexes = [
            models.Index(fields=["next_due_at"], name="job_due", condition=Q(is_listed=True) & Q(is_enabled=True)),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def timetable(self) -> Timetable:
        """The one that counts: that of staff, or else that of the code."""
        if self.own_timetable is not None:
            return Timetable.from_data(self.own_timetable, self.code)
        return self.timetable_in_code

    @property
    def timetable_in_code(self) -> Timetable:
        return Timetable.from_data(self.timetable_data, self.code)

    @property
    def seconds_allowed(self) -> int:
        """Seconds that a run may take: what staff have set, within what the code allows."""
        return min(self.time_limit_seconds or self.lock_seconds, self.lock_seconds)

    @property
    def waits_its_turn(self) -> bool:
        """Whether a run that finds the job running waits for its end, rather than being skipped."""
        return self.overlap_policy == OverlapPolicy.WAIT and not self.allows_parallel_runs
