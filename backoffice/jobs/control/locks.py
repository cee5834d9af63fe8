"""Clearing locks: what a dead holder left behind, and by force what a living one holds."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from math import ceil
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django_cron.models import CronJobLock

from backoffice.jobs import lifecycle
from backoffice.jobs.clock import lease_clock
from backoffice.jobs.control.rights import CLEAR_LOCK, FORCE_CLEAR_LOCK, check, name_of, note
from backoffice.jobs.models import Job, Lease
from backoffice.jobs.told import gettext as _


class LockIsHeld(Exception):
    """The holder of the lock counts as alive; the text names it."""

    def __init__(self, lease: Lease, now: datetime) -> None:
        text = _("Not cleared: the lock is %(holder)s. %(until)s")
        super().__init__(text % {"holder": holder_words(lease, now), "until": lives_until_words(lease, now)})


def clear_lock(job: Job, now: datetime, *, by: User | None = None, reason: str = "", force: bool = False) -> bool:
    """Make ``job`` free to run: its lease, and django-cron's own database lock of it. False if it was free.

    Runs whose holder is gone are recorded as interrupted. Raises PermissionDenied, and LockIsHeld for a holder that
    lives. With ``force`` that one loses its lock: its run is recorded as interrupted, and can change nothing more.
    """
    check(by, CLEAR_LOCK)
    if force:
        check(by, FORCE_CLEAR_LOCK)
    with transaction.atomic():
        before = [holder_words(lease, now) for lease in leases_held([job])[job]]
        gone = lifecycle.interrupt_stale(job)
        for lease in leases_held([job])[job]:
            _free(lease, now, by, reason, force)
        if _stock_locks([job]).update(locked=False):
            before.append(_("held in django-cron's own table, which does not say by whom"))
        if not before and not gone:
            return False
        text = _("Cleared the lock: %(before)s. %(reason)s")
        if force:
            text = _("Cleared the lock by force: %(before)s. %(reason)s")
        values = {"before": "; ".join(before) or _("of a run whose lock is gone"), "reason": reason}
        note(by, job, text % values)
    return True


def leases_held(jobs: Collection[Job]) -> dict[Job, list[Lease]]:
    """The leases on each of ``jobs`` that were not given back, with their runs; also those of a stock
    ``CronJobManager``. One query."""
    held = list(Lease.objects.of(jobs).held().select_related("run__job", "run__requested_by"))
    return {job: [lease for lease in held if lease.job_id == job.pk or lease.key == job.code] for job in jobs}


def stock_locked(jobs: Collection[Job]) -> set[Job]:
    """Those that django-cron's own table says are locked: for ever, if the process was killed."""
    locked = set(_stock_locks(jobs).values_list("job_name", flat=True))
    return {job for job in jobs if job.class_path in locked}


def holder_words(lease: Lease, now: datetime) -> str:
    """Who holds a lease: run, host, process, and how long ago it gave a sign of life."""
    age = max(0, round((now - lease.heartbeat_at).total_seconds())) if lease.heartbeat_at else 0
    return _("held by %(run)s on %(host)s, process %(pid)s, last sign of life %(age)d s ago") % {
        "run": lease.run or lease.key,
        "host": lease.host,
        "pid": lease.pid,
        "age": age,
    }


def lives_until_words(lease: Lease, now: datetime) -> str:
    """How long a holder counts as alive: that its process is gone cannot be seen from another host or container."""
    left = max(0, ceil((lease.expires_at - now).total_seconds())) if lease.expires_at else 0
    return _("It counts as alive; without another sign of life the lock is free in %(seconds)d s.") % {"seconds": left}


def _stock_locks(jobs: Collection[Job]) -> QuerySet[Any]:
    paths = [job.class_path for job in jobs]
    locks: QuerySet[Any] = CronJobLock.objects.filter(job_name__in=paths, locked=True)
    return locks


def _free(lease: Lease, now: datetime, by: User | None, reason: str, force: bool) -> None:
    """Free one held lease: by itself if it has run out, from a living holder only by force."""
    if Lease.objects.filter(token=lease.token).expired(lease_clock()).free_all():
        return
    if not force:
        raise LockIsHeld(lease, now)
    who = name_of(by)
    text = _("Interrupted: its lock was cleared by %(person)s. %(reason)s") % {"person": who, "reason": reason}
    lifecycle.take_away(lease, text)
