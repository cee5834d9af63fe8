"""Locks in the browser: who holds the right to run a job, and when they last gave a sign of life."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django_cron.models import CronJobLock

from backoffice.jobs.admin import display
from backoffice.jobs.admin.base import ReadOnly, TypedAdmin
from backoffice.jobs.admin.pages import AsksFirst
from backoffice.jobs.models import Job, Lease

admin.site.unregister(CronJobLock)


def _lock_words(lock: CronJobLock) -> str:
    return str(lock.job_name)


CronJobLock.__str__ = _lock_words  # it has none of its own: pages said "CronJobLock object (1)"


@admin.register(Lease)
class LeaseAdmin(AsksFirst, ReadOnly, TypedAdmin[Lease]):
    list_display = ["key", "state", "run_link", "host", "pid", "taken", "heard", "expires"]
    list_select_related = ["run__job"]
    search_fields = ["key", "host"]
    actions = ["clear_lock"]
    fields = ["key", "state", "run_link", "host", "pid", "taken", "heard", "expires"]

    def jobs_of(self, queryset: QuerySet[Any]) -> QuerySet[Job]:
        return Job.objects.filter(Q(pk__in=queryset.values("job")) | Q(code__in=queryset.values("key")))

    @admin.display(description=_("state"))
    def state(self, lease: Lease) -> str:
        if lease.token is None:
            return display.badge("quiet", _("free"))
        if lease.is_held:
            return display.badge("busy", _("held"))
        return display.badge("odd", _("run out: the next tick frees it"))

    @admin.display(description=_("run"))
    def run_link(self, lease: Lease) -> str:
        return display.link(lease.run)

    @admin.display(description=_("taken"))
    def taken(self, lease: Lease) -> str:
        return display.moment(lease.acquired_at)

    @admin.display(description=_("last sign of life"))
    def heard(self, lease: Lease) -> str:
        return display.moment(lease.heartbeat_at)

    @admin.display(description=_("expires"))
    def expires(self, lease: Lease) -> str:
        return display.moment(lease.expires_at)


@admin.register(CronJobLock)
class CronJobLockAdmin(AsksFirst, ReadOnly, TypedAdmin[CronJobLock]):
    """What stock django-cron's database lock writes, where that is configured in addition to ours."""

    list_display = ["job_class", "is_locked"]
    actions = ["clear_lock"]
    fields = ["job_class", "is_locked"]

    def jobs_of(self, queryset: QuerySet[Any]) -> QuerySet[Job]:
        return Job.objects.filter(class_path__in=queryset.values("job_name"))

    @admin.display(description=_("class"), ordering="job_name")
    def job_class(self, lock: CronJobLock) -> str:
        return str(lock.job_name)

    @admin.display(description=_("locked"), boolean=True)
    def is_locked(self, lock: CronJobLock) -> bool:
        return bool(lock.locked)
