"""A pause: while it lasts, nothing that comes due of a job, or of all jobs, is started.

It ends by itself when ``until`` has come. The row stays until the next pause takes its place: what was missed
meanwhile says who wanted it, and why.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from backoffice.jobs.told import gettext

if TYPE_CHECKING:
    from backoffice.jobs.models.job import Job


class PauseQuerySet(models.QuerySet["Pause"]):
    def active(self, now: datetime) -> PauseQuerySet:
        """Pauses that last at ``now``; also what lay ahead of them, for a moment that is past."""
        return self.filter(Q(until__isnull=True) | Q(until__gt=now))

    def concerning(self, job: Job) -> PauseQuerySet:
        """That of ``job``, and that of all jobs, whether or not they last still."""
        return self.filter(Q(job=job) | Q(job__isnull=True))

    def of(self, job: Job | None) -> PauseQuerySet:
        """That of ``job``, or with None that of all jobs."""
        return self.filter(job=job) if job else self.filter(job__isnull=True)


class Pause(models.Model):
    job: models.OneToOneField[Job | None, Job | None] = models.OneToOneField(
        "jobs.Job",
        verbose_name=_("job"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="pause",
        help_text=_("Empty for a pause of all jobs."),
    )
    since = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("until"), null=True, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("paused by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    reason = models.CharField(_("reason"), max_length=255, blank=True)

    objects = PauseQuerySet.as_manager()

    class Meta:
        verbose_name = _("pause")
        verbose_name_plural = _("pauses")
        default_permissions = ("view",)
        constraints = [
            # A unique column alone may hold any number of NULLs.
            models.UniqueConstraint(Coalesce("job", Value(0)), name="one_pause_of_all"),
        ]

    def __str__(self) -> str:
        return self.job.code if self.job else gettext("all jobs")

    def is_active(self, now: datetime) -> bool:
        return self.until is None or self.until > now

    @property
    def who(self) -> str:
        return self.by.get_username() if self.by else gettext("the command line")
