"""The datasets that come with the back office: what the jobs did, and what became of the mails."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, DurationField, ExpressionWrapper, F, Max, Q, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_cron.models import CronJobLog

from backoffice.jobs.clock import lease_clock
from backoffice.jobs.models import Job, Run, RunStatus
from backoffice.jobs.models.choices import TROUBLE
from reporter.datasets.base import Table, dataset
from reporter.datasets.downtime import Stretch, down_stretches
from reporter.models import Delivery, DeliveryState, Edition, EditionState, Report
from reporter.models.choices import TO_USERS
from reporter.periods import Period
from reporter.rendering.tables import as_text


@dataset("job_activity", title=gettext_lazy("Job activity"))
def job_activity(period: Period) -> Table:
    """Runs by job, of the jobs that ran or should have; with the stretches in which nothing ticked."""
    by_job: dict[str, dict[str, Any]] = {code: {} for code in Job.objects.runnable().values_list("code", flat=True)}
    for row in (*_runs_by_job(period), *_stray_logs_by_job(period)):
        known = by_job.setdefault(row["code"], {})
        for name in ("ran", "failed", "skipped", "missed"):
            known[name] = known.get(name, 0) + (row.get(name) or 0)
        known["slowest"] = max((d for d in (known.get("slowest"), row["slowest"]) if d), default=None)
    return Table(
        columns=[_("Job"), _("Ran"), _("Failed"), _("Skipped"), _("Missed"), _("Slowest")],
        rows=[
            [code, *(row.get(name, 0) for name in ("ran", "failed", "skipped", "missed")), row.get("slowest")]
            for code, row in sorted(by_job.items())
        ],
        notes=[_down_note(stretch, period) for stretch in down_stretches(period)],
    )


def _runs_by_job(period: Period) -> Iterable[Any]:
    left_behind = Q(status=RunStatus.RUNNING) & ~Q(lease__expires_at__gt=lease_clock())
    # By its end: a run over midnight would else be counted before anybody knows what becomes of it.
    ended = Q(ended_at__gte=period.start, ended_at__lt=period.end)
    not_ended = Q(ended_at=None, queued_at__gte=period.start, queued_at__lt=period.end)
    return (
        Run.objects.filter(ended | not_ended, is_dry_run=False)
        .order_by()
        .values(code=F("job__code"))
        .annotate(
            ran=Count("pk", filter=Q(started_at__isnull=False) & ~Q(status=RunStatus.SKIPPED)),
            failed=Count("pk", filter=Q(status__in=TROUBLE) | left_behind),
            skipped=Count("pk", filter=Q(status=RunStatus.SKIPPED)),
            missed=Sum("slots_covered", filter=Q(status=RunStatus.MISSED)),
            slowest=Max(ExpressionWrapper(F("ended_at") - F("started_at"), output_field=DurationField())),
        )
    )


def _stray_logs_by_job(period: Period) -> Iterable[Any]:
    """Logs without a run: stock django-cron wrote them, here or on another host."""
    rows: Iterable[Any] = (
        CronJobLog.objects.filter(end_time__gte=period.start, end_time__lt=period.end, run__isnull=True)
        .order_by()
        .values("code")
        .annotate(
            ran=Count("pk"),
            failed=Count("pk", filter=Q(is_success=False)),
            slowest=Max(ExpressionWrapper(F("end_time") - F("start_time"), output_field=DurationField())),
        )
    )
    return rows


def _down_note(stretch: Stretch, period: Period) -> str:
    return _("The scheduler was down from %(start)s to %(end)s (%(duration)s).") % {
        "start": as_text(stretch[0], period.zone),
        "end": as_text(stretch[1], period.zone),
        "duration": as_text(stretch[1] - stretch[0], period.zone),
    }


@dataset("deliveries", title=gettext_lazy("Deliveries"))
def deliveries(period: Period) -> Table:
    """What became of the mails that were due, by report."""
    counts: dict[str, dict[str, Any]] = {
        name: {} for name in Report.objects.filter(is_enabled=True).values_list("name", flat=True)
    }
    for row in _deliveries_by_report(period):
        counts[row["report"]] = row
    unbuilt = {row["about"]: row["unbuilt"] for row in _unbuilt_by_report(period)}
    columns = ("sent", "failed", "unknown", "skipped", "pending")
    return Table(
        columns=[_("Report"), _("Sent"), _("Failed"), _("Unknown"), _("Skipped"), _("Pending")],
        rows=[[name, *(row.get(column, 0) for column in columns)] for name, row in sorted(counts.items())],
        notes=[_unbuilt_note(name, count) for name, count in sorted(unbuilt.items())],
    )


def _deliveries_by_report(period: Period) -> Iterable[Any]:
    in_state = {
        state.value: Count("pk", filter=Q(state=state))
        for state in (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.UNKNOWN, DeliveryState.SKIPPED)
    }
    waiting = Count("pk", filter=Q(state__in=(DeliveryState.PENDING, DeliveryState.SENDING)))
    return (
        Delivery.objects.standing()  # what was sent again counts as what became of that
        .filter(due_at__gte=period.start, due_at__lt=period.end)
        .exclude(edition__why__in=TO_USERS)
        .order_by()
        .values(report=F("edition__report__name"))
        .annotate(pending=waiting, **in_state)
    )


def _unbuilt_by_report(period: Period) -> Iterable[Any]:
    return (
        Edition.objects.filter(due_at__gte=period.start, due_at__lt=period.end)
        .filter(state=EditionState.FAILED, built_at=None)
        .order_by()
        .values(about=F("report__name"))
        .annotate(unbuilt=Count("pk"))
    )


def _unbuilt_note(name: str, count: int) -> str:
    return ngettext(
        "%(report)s: %(count)d edition could not be built and was sent to nobody.",
        "%(report)s: %(count)d editions could not be built and were sent to nobody.",
        count,
    ) % {"report": name, "count": count}
