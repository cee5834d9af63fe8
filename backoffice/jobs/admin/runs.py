"""Runs in the browser: what was tried, why, where, and what became of it."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from backoffice.jobs.admin import display
from backoffice.jobs.admin.base import LargeTable, ReadOnly, TypedAdmin
from backoffice.jobs.admin.filters import DayRangeFilter, StateFilter
from backoffice.jobs.models import Run


@admin.register(Run)
class RunAdmin(LargeTable, ReadOnly, TypedAdmin[Run]):
    list_display = ["number", "job", "state", "cause", "started", "took", "summary"]
    list_filter = [StateFilter, ("queued_at", DayRangeFilter), "trigger", "job"]
    list_select_related = ["job", "lease", "requested_by"]
    sortable_by = ["number"]
    fieldsets = [
        (None, {"fields": ["job_link", "state", "summary", "log_link"]}),
        (_("Why"), {"fields": ["cause", "reason", "due", "slot", "slots_covered", "retry_link", "is_dry_run"]}),
        (_("When and where"), {"fields": ["queued", "started", "ended", "took", "host", "pid"]}),
    ]

    @staticmethod
    def get_rangefilter_queued_at_title(request: HttpRequest, field_path: str) -> str:
        return gettext("day")

    @admin.display(description=_("run"), ordering="pk")
    def number(self, run: Run) -> str:
        return f"#{run.pk}"

    @admin.display(description=_("job"))
    def job_link(self, run: Run) -> str:
        return display.link(run.job)

    @admin.display(description=_("log"))
    def log_link(self, run: Run) -> str:
        return display.link(run.log)

    @admin.display(description=_("retry of"))
    def retry_link(self, run: Run) -> str:
        return display.link(run.retry_of)

    @admin.display(description=_("state"))
    def state(self, run: Run) -> str:
        return display.status_badge(run.shown_status)

    @admin.display(description=_("started by"))
    def cause(self, run: Run) -> str:
        return display.cause(run)

    @admin.display(description=_("due"))
    def due(self, run: Run) -> str:
        return display.moment(run.due_at)

    @admin.display(description=_("queued at"))
    def queued(self, run: Run) -> str:
        return display.moment(run.queued_at)

    @admin.display(description=_("started"))
    def started(self, run: Run) -> str:
        return display.moment(run.started_at)

    @admin.display(description=_("ended"))
    def ended(self, run: Run) -> str:
        return display.moment(run.ended_at)

    @admin.display(description=_("took"))
    def took(self, run: Run) -> str:
        return display.took(run.duration)
