"""Filters of the lists of runs and logs. None of them asks a large table for its choices."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rangefilter.filters import DateRangeFilter

from backoffice.jobs.clock import lease_clock
from backoffice.jobs.models import Job, Run, RunStatus
from backoffice.jobs.models.choices import TROUBLE

Choices = list[tuple[str, Any]]


class DayRangeFilter(DateRangeFilter):
    """From one day to another, both included; with links to the ranges that are asked for most."""

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        yield from super().choices(changelist)
        today = timezone.localdate()
        yesterday = today - timedelta(days=1)
        ranges = [
            (_("Today"), today, today),
            (_("Yesterday"), yesterday, yesterday),
            (_("Last 7 days"), today - timedelta(days=6), today),
        ]
        for text, first, last in ranges:
            params = {self.lookup_kwarg_gte: first.isoformat(), self.lookup_kwarg_lte: last.isoformat()}
            yield {
                "display": text,
                "query_string": changelist.get_query_string(params),
                "selected": all(self.used_parameters.get(name) == value for name, value in params.items()),
            }


class StateFilter(admin.SimpleListFilter):
    """By the state that is shown: a running run whose lease ran out counts as interrupted."""

    title = gettext_lazy("state")
    parameter_name = "state"
    TROUBLE = "trouble"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [(self.TROUBLE, _("failed or interrupted")), *RunStatus.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Run]) -> QuerySet[Run] | None:
        stale = Q(pk__in=Run.objects.stale(lease_clock()).values("pk"))
        match self.value():
            case None:
                return queryset
            case self.TROUBLE:
                return queryset.filter(Q(status__in=TROUBLE) | stale)
            case RunStatus.RUNNING:
                return queryset.filter(status=RunStatus.RUNNING).exclude(stale)
            case RunStatus.INTERRUPTED:
                return queryset.filter(Q(status=RunStatus.INTERRUPTED) | stale)
            case state:
                return queryset.filter(status=state)


class ResultFilter(admin.SimpleListFilter):
    title = gettext_lazy("result")
    parameter_name = "result"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [("failed", capfirst(_("failed"))), ("succeeded", capfirst(_("succeeded")))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        wanted = {"failed": False, "succeeded": True}.get(self.value() or "")
        return queryset if wanted is None else queryset.filter(is_success=wanted)


class JobCodeFilter(admin.SimpleListFilter):
    """The log by job. The choices come from the jobs: to read them from the log would read all of it."""

    title = gettext_lazy("job")
    parameter_name = "job"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [(code, code) for code in Job.objects.order_by("code").values_list("code", flat=True)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        return queryset.filter(code=self.value()) if self.value() else queryset


class DurationFilter(admin.SimpleListFilter):
    title = gettext_lazy("duration")
    parameter_name = "duration"
    LONGER_THAN = {
        "minute": timedelta(minutes=1),
        "ten_minutes": timedelta(minutes=10),
        "hour": timedelta(hours=1),
        "day": timedelta(days=1),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [
            ("minute", _("over 1 minute")),
            ("ten_minutes", _("over 10 minutes")),
            ("hour", _("over 1 hour")),
            ("day", _("over 1 day")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        limit = self.LONGER_THAN.get(self.value() or "")
        return queryset if limit is None else queryset.filter(end_time__gt=F("start_time") + limit)
