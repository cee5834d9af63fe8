"""Clearing locks: what a dead holder left behind, and by force what a living one holds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django_cron.models import CronJobLock

from backoffice.jobs import lifecycle
from backoffice.jobs.clock import lease_clock
from backoffice.jobs.control.rights import CLEAR_LOCK, FORCE_CLEAR_LOCK, check, name_of, note
from backoffice.jobs.models import Job, Lease


class LockIsHeld(Exception):
    """The holder of the lock lives; the text names it."""

    def __init__(self, lease: Lease, now: datetime) -> None:
        text = _("Not cleared: the lock is %(holder)s. It lives.")
        super().__init__(text % {"holder": holder_words(lease, now)})


def clear_lock(job: Job, now: datetime, *, by: User | None = None, reason: str = "", force: bool = False) -> bool:
    """Make ``job`` free to run: its lease, and django-cron's own database lock of it. False if it was free.

    Runs whose holder is gone are recorded as interrupted. Raises PermissionDenied, and LockIsHeld for a holder that
    lives. With ``force`` that one loses its lock: its run is recorded as interrupted, and can change nothing more.
    """
    check(by, CLEAR_LOCK)
    if force:
        check(by, FORCE_CLEAR_LOCK)
    with transaction.atomic():
        before = [holder_words(lease, now) for lease in leases_held(job)]
        gone = lifecycle.interrupt_stale(job)
        for lease in leases_held(job):
            _free(lease, now, by, reason, force)
        if _stock_locks(job).update(locked=False):
            before.append(_("held in django-cron's own table, which does not say by whom"))
        if not before and not gone:
            return False
        text = _("Cleared the lock: %(before)s. %(reason)s")
        if force:
            text = _("Cleared the lock by force: %(before)s. %(reason)s")
        values = {"before": "; ".join(before) or _("of a run whose lock is gone"), "reason": reason}
        note(by, job, text % values)
    return True


def leases_held(job: Job) -> list[Lease]:
    """The leases on ``job`` that were not given back, with their runs; also that of a stock ``CronJobManager``."""
    return list(Lease.objects.of(job).held().select_related("run__job", "run__requested_by"))


def has_stock_lock(job: Job) -> bool:
    """Whether django-cron's own table says that ``job`` is locked: for ever, if its process was killed."""
    return _stock_locks(job).exists()


def holder_words(lease: Lease, now: datetime) -> str:
    """Who holds a lease: run, host, process, and how long ago it gave a sign of life."""
    age = max(0, round((now - lease.heartbeat_at).total_seconds())) if lease.heartbeat_at else 0
    return _("held by %(run)s on %(host)s, process %(pid)s, last sign of life %(age)d s ago") % {
        "run": lease.run or lease.key,
        "host": lease.host,
        "pid": lease.pid,
        "age": age,
    }


def _stock_locks(job: Job) -> QuerySet[Any]:
    locks: QuerySet[Any] = CronJobLock.objects.filter(job_name=job.class_path, locked=True)
    return locks


def _free(lease: Lease, now: datetime, by: User | None, reason: str, force: bool) -> None:
    """Free one held lease: by itself if it has run out, from a living holder only by force."""
    if Lease.objects.filter(token=lease.token).expired(lease_clock()).free_all():
        return
    if not force:
        raise LockIsHeld(lease, now)
    who = name_of(by)
    text = _("Interrupted: its lock was cleared by %(person)s. %(reason)s") % {"person": who, "reason": reason}
    lifecycle.take_away(lease, text.strip())
