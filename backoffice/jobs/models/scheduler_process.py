"""Signs of life of the processes that take whatever is queued: ``cronloop``, ``serve``'s, and ``runqueue``."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.jobs.clock import Moment, lease_clock, lease_clock_plus


class SchedulerProcessQuerySet(models.QuerySet["SchedulerProcess"]):
    def alive(self, now: Moment) -> SchedulerProcessQuerySet:
        return self.filter(expires_at__gt=now)

    def beat(self, host: str, pid: int) -> None:
        """Give a sign of life; it counts as long as a lease does."""
        values = {"heartbeat_at": lease_clock(), "expires_at": lease_clock_plus(settings.JOBS_LEASE_SECONDS)}
        if not self.filter(host=host, pid=pid).update(**values):
            self.filter(expires_at__lte=lease_clock()).delete()  # of those that could not say goodbye
            self.get_or_create(host=host, pid=pid, defaults=values)

    def sign_off(self, host: str, pid: int) -> None:
        self.filter(host=host, pid=pid).delete()


class SchedulerProcess(models.Model):
    host = models.CharField(_("host"), max_length=255)
    pid = models.PositiveBigIntegerField(_("process"))
    heartbeat_at = models.DateTimeField(_("last sign of life"))
    expires_at = models.DateTimeField(_("expires"))

    objects = SchedulerProcessQuerySet.as_manager()

    class Meta:
        verbose_name = _("scheduler process")
        verbose_name_plural = _("scheduler processes")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["host", "pid"], name="one_sign_per_process"),
        ]

    def __str__(self) -> str:
        return f"{self.pid} on {self.host}"
