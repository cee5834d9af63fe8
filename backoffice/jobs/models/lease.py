"""The right to run a job now: what staff call its lock.

Every change is one conditional UPDATE whose row count says who won; there are no long locks.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.jobs.clock import Moment, lease_clock, lease_clock_plus
from backoffice.jobs.models.choices import OverlapPolicy, RunTrigger
from backoffice.jobs.models.job import Job
from backoffice.jobs.models.run import Run, RunQuerySet

# Between a job's code and a run's number, in the key of a job whose runs may stand beside each other.
PER_RUN = "#"


class LeaseQuerySet(models.QuerySet["Lease"]):
    def of(self, jobs: Collection[Job]) -> LeaseQuerySet:
        """Those of the jobs; one that was taken before its job's row was there has the code alone."""
        return self.filter(Q(job__in=jobs) | Q(key__in=[job.code for job in jobs]))

    def held(self) -> LeaseQuerySet:
        return self.filter(token__isnull=False)

    def in_the_way(self, now: Moment) -> LeaseQuerySet:
        """Of the outer query's run: leases that live, and that it would find held."""
        return self.held().filter(expires_at__gt=now, key=OuterRef("job__code"))

    def expired(self, now: Moment) -> LeaseQuerySet:
        """Leases whose holder gave no sign of life for the whole term."""
        return self.held().filter(expires_at__lte=now)

    def take(self, key: str, *, job: Job | None, run: Run | None, token: uuid.UUID, host: str, pid: int) -> bool:
        """Take the lease ``key`` for ``token`` if nobody holds it. True if it is ours now.

        An expired lease is free, but for one that stands for a run: that is recorded as interrupted first.
        """
        nobody, nobody_alive = Q(token__isnull=True), Q(run__isnull=True, expires_at__lte=lease_clock())
        free = self.filter(nobody | nobody_alive, key=key)
        values = {
            "token": token,
            "run": run,
            "host": host,
            "pid": pid,
            "acquired_at": lease_clock(),
            "heartbeat_at": lease_clock(),
            "expires_at": lease_clock_plus(settings.JOBS_LEASE_SECONDS),
        }
        if free.update(**values):
            return True
        _row, created = self.get_or_create(key=key, defaults={"job": job})
        return created and bool(free.update(**values))

    def renew(self, tokens: Iterable[uuid.UUID]) -> set[uuid.UUID]:
        """Give sign of life for ``tokens``; return those that still hold their lease."""
        mine = self.filter(token__in=list(tokens))
        mine.update(heartbeat_at=lease_clock(), expires_at=lease_clock_plus(settings.JOBS_LEASE_SECONDS))
        return {token for token in mine.values_list("token", flat=True) if token is not None}

    def free(self, token: uuid.UUID) -> bool:
        """Give the lease back. False if ``token`` does not hold it any more."""
        return bool(self.filter(token=token).free_all())

    def free_all(self) -> int:
        """Make these leases free; the number of them. What was one run's own lease goes with it."""
        gone, _details = self.filter(key__contains=PER_RUN).delete()
        return gone + self.update(token=None, run=None, host="", pid=None, expires_at=None)


class Lease(models.Model):
    # The job's code; with "#run" behind it where runs of a job may stand beside each other.
    key = models.CharField(_("lock"), max_length=300, unique=True)
    job = models.ForeignKey(
        Job, verbose_name=_("job"), null=True, blank=True, on_delete=models.CASCADE, related_name="leases"
    )
    run = models.OneToOneField(
        Run, verbose_name=_("run"), null=True, blank=True, on_delete=models.SET_NULL, related_name="lease"
    )
    token = models.UUIDField(_("token"), null=True, blank=True, unique=True, editable=False)
    host = models.CharField(_("host"), max_length=255, blank=True)
    pid = models.PositiveBigIntegerField(_("supervisor process"), null=True, blank=True)
    acquired_at = models.DateTimeField(_("taken"), null=True, blank=True)
    heartbeat_at = models.DateTimeField(_("last sign of life"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True, db_index=True)

    objects = LeaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("lock")
        verbose_name_plural = _("locks")
        ordering = ["key"]

    def __str__(self) -> str:
        return self.key

    @staticmethod
    def key_of(run: Run) -> str:
        return f"{run.job.code}{PER_RUN}{run.pk}" if run.job.allows_parallel_runs else run.job.code

    @property
    def is_held(self) -> bool:
        """Whether somebody holds it and lives."""
        return self.token is not None and self.expires_at is not None and self.expires_at > timezone.now()


def startable_runs() -> RunQuerySet:
    """Queued runs, first come first served, without those that wait their turn while their job runs."""
    waits = Q(job__overlap_policy=OverlapPolicy.WAIT) | Q(trigger=RunTrigger.PERSON)
    waits &= Q(job__allows_parallel_runs=False)
    return Run.objects.queued().exclude(waits & Exists(Lease.objects.in_the_way(lease_clock())))
