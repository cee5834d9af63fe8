"""The state of a job: in a word or two for those who look, and as conditions for those who filter."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from backoffice.jobs.admin import display, pauses
from backoffice.jobs.attention import overdue_jobs
from backoffice.jobs.clock import lease_clock
from backoffice.jobs.models import Job, Lease, Pause
from backoffice.jobs.scheduler import MISSED_AFTER


def job_state(job: Job, now: datetime, overall: Pause | None, *, in_list: bool = False) -> SafeString:
    """What hinders it first, then what it does, then how it went last. ``overall`` is the pause of all jobs."""
    if job.problem:
        return format_html('{}<div class="problem">{}</div>', display.badge("bad", _("cannot run")), job.problem)
    if not job.is_listed:
        return display.badge("quiet", _("not listed in CRON_CLASSES"))
    paused = pauses.drawn(pauses.lasting(job, now, overall), in_list=in_list)
    living = [lease for lease in job.leases.all() if lease.is_held]
    if living:
        return format_html("{}{}{}", display.badge("busy", _("running")), _since(living[0], now), paused)
    if not job.is_enabled:
        return format_html("{}{}", display.badge("odd", _("switched off")), paused)
    if paused:
        return format_html("{}{}", paused, _failures(job) if job.failures_in_a_row else "")
    return _at_rest(job, now)


def due_words(job: Job, now: datetime, overall: Pause | None) -> str:
    """How far off its next moment is; one that is due while it is paused waits for the end of the pause."""
    if pauses.lasting(job, now, overall):
        return _("when it is resumed")
    if job.next_due_at is None:
        return display.NOTHING
    words = display.ahead(job.next_due_at, now)
    return _("%(when)s (retry)") % {"when": words} if job.retry_at == job.next_due_at else words


def _at_rest(job: Job, now: datetime) -> SafeString:
    if job.next_due_at is not None and job.next_due_at < now - MISSED_AFTER:
        return display.badge("bad", _("overdue: nothing ticks"))
    if job.failures_in_a_row:
        return _failures(job)
    if job.next_due_at is None:
        return display.badge("odd", _("never comes due"))
    if job.last_success_at:
        return display.badge("good", _("fine"))
    return display.badge("quiet", _("has not succeeded yet") if job.last_run_id else _("has not run yet"))


def _failures(job: Job) -> SafeString:
    count = job.failures_in_a_row
    text = ngettext("failed the last time", "failed %(count)d times in a row", count)
    return display.badge("bad", text % {"count": count})


def _since(lease: Lease, now: datetime) -> SafeString:
    """How long it has been running; leads to the run."""
    if lease.run_id is None or lease.acquired_at is None:
        return SafeString()
    values = {"run": lease.run_id, "duration": display.roughly(now - lease.acquired_at)}
    text = _("#%(run)d, for %(duration)s") % values
    return format_html('<div class="detail">{}</div>', display.link_to_run(lease.run_id, text))


class JobStateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("running", _("running")),
            ("failing", _("failing")),
            ("overdue", _("overdue")),
            ("paused", _("paused")),
            ("off", _("switched off")),
            ("broken", _("cannot run")),
            ("unlisted", _("not listed in CRON_CLASSES")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job] | None:
        now = timezone.now()
        wanted = {
            "running": Q(pk__in=Lease.objects.held().filter(expires_at__gt=lease_clock()).values("job")),
            "failing": Q(is_listed=True, failures_in_a_row__gt=0),
            "overdue": Q(pk__in=overdue_jobs(now).values("pk")),
            "paused": Q(is_listed=True) & ~Q(pk__in=Job.objects.unpaused(now).values("pk")),
            "off": Q(is_listed=True, is_enabled=False),
            "broken": Q(pk__in=Job.objects.broken().values("pk")),
            "unlisted": Q(is_listed=False),
        }.get(self.value() or "")
        return queryset if wanted is None else queryset.filter(wanted)
