"""Runs in the browser: what was tried, why, where, and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from backoffice.jobs.admin import cancel, display
from backoffice.jobs.admin.base import LargeTable, ReadOnly, TypedAdmin, user_of
from backoffice.jobs.admin.filters import DayRangeFilter, StateFilter
from backoffice.jobs.admin.pages import CANCEL, RUN_AGAIN, AsksFirst, page_of_runs
from backoffice.jobs.admin.watch import first_look, watch
from backoffice.jobs.models import Job, Run, RunOutput

# The names of what a page asks while it follows a run, and of all that the run has said, as a file.
WATCH = "jobs_run_watch"
OUTPUT = "jobs_run_output"


@admin.register(Run)
class RunAdmin(AsksFirst, LargeTable, ReadOnly, TypedAdmin[Run]):
    list_display = ["number", "job_in_row", "state", "did", "started", "took", "cause"]
    list_filter = [StateFilter, ("queued_at", DayRangeFilter), "trigger", "job"]
    list_select_related = ["job", "lease", "requested_by"]
    sortable_by = ["number"]
    actions = ["cancel_runs", "run_again"]

    @staticmethod
    def get_rangefilter_queued_at_title(request: HttpRequest, field_path: str) -> str:
        return gettext("day")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Run]:
        return super().get_queryset(request).select_related("job", "lease", "requested_by", "cancel_requested_by")

    def get_fieldsets(self, request: HttpRequest, obj: Run | None = None) -> list[Any]:
        """What there is to say: a run that nothing is remarkable about is told in a few lines."""
        why = ["cause", "reason"] if obj and obj.reason else ["cause"]
        why += ["due"] if obj and obj.slot else []
        why += ["slots_covered"] if obj and obj.slots_covered > 1 else []
        why += ["attempt"] if obj and obj.attempt > 1 else []
        why += ["repeated_link"] if obj and obj.retry_of_id else []
        why += ["is_dry_run"] if obj and obj.is_dry_run else []
        when = ["queued", "started", "ended", "took", "where"]
        return [(_("Why"), {"fields": why}), (_("When and where"), {"fields": when})]

    @admin.display(description=_("run"), ordering="pk")
    def number(self, run: Run) -> str:
        return f"#{run.pk}"

    @admin.display(description=_("job"))
    def job_in_row(self, run: Run) -> str:
        return display.breakable(run.job.code)

    @admin.display(description=_("repeats"))
    def repeated_link(self, run: Run) -> str:
        return display.link(run.retry_of)

    @admin.display(description=_("state"))
    def state(self, run: Run) -> str:
        return display.status_badge(run.shown_status)

    @admin.display(description=_("started by"))
    def cause(self, run: Run) -> str:
        return display.cause(run)

    @admin.display(description=_("what it did"))
    def did(self, run: Run) -> str:
        return run.summary or display.NOTHING

    @admin.display(description=_("due"))
    def due(self, run: Run) -> str:
        return display.moment(run.due_at)

    @admin.display(description=_("where"))
    def where(self, run: Run) -> str:
        return display.where(run)

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

    # --- Cancelling and running again: pages that ask first ---

    def jobs_of(self, queryset: QuerySet[Any]) -> QuerySet[Job]:
        return Job.objects.filter(pk__in=queryset.values("job"))

    @admin.action(description=_("Cancel these runs"), permissions=["cancel"])
    def cancel_runs(self, request: HttpRequest, queryset: QuerySet[Run]) -> HttpResponse:
        return HttpResponseRedirect(page_of_runs(CANCEL, queryset.values_list("pk", flat=True)))

    @admin.action(description=_("Run again"), permissions=["run"])
    def run_again(self, request: HttpRequest, queryset: QuerySet[Run]) -> HttpResponse:
        return HttpResponseRedirect(page_of_runs(RUN_AGAIN, queryset.values_list("pk", flat=True)))

    def get_urls(self) -> list[URLPattern]:
        site = self.admin_site
        return [
            path("cancel/", site.admin_view(self.cancel_view), name=CANCEL),
            path("run-again/", site.admin_view(self.run_again_view), name=RUN_AGAIN),
            path("<int:pk>/watch/", site.admin_view(self.watch_view), name=WATCH),
            path("<int:pk>/output/", site.admin_view(self.output_view), name=OUTPUT),
            *super().get_urls(),
        ]

    def cancel_view(self, request: HttpRequest) -> HttpResponse:
        return self._asked(request, cancel.cancel_page, self.has_cancel_permission)

    def run_again_view(self, request: HttpRequest) -> HttpResponse:
        return self._asked(request, cancel.run_again_page, self.has_run_permission)

    def _asked(
        self, request: HttpRequest, page: Callable[..., HttpResponse], may: Callable[[HttpRequest], bool]
    ) -> HttpResponse:
        if not (self.has_view_permission(request) and may(request)):
            raise PermissionDenied
        return page(self, request)

    # --- Following a run ---

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context["watch"] = first_look(context["original"], user_of(request), timezone.now())
        return super().render_change_form(request, context, *args, **kwargs)

    @method_decorator(require_safe)
    def watch_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What has changed since the last answer. The page loads anew when the run has ended."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        after = request.GET.get("after", "")
        position = int(after) if after.isdecimal() and len(after) < 10 else -1
        seen = watch(pk, position, user_of(request), timezone.now())
        if not seen.goes_on:
            return HttpResponse(headers={"HX-Refresh": "true"})
        return TemplateResponse(request, "admin/jobs/run/watch.html", {"watch": seen, "is_answer": True})

    @method_decorator(require_safe)
    def output_view(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        get_object_or_404(Run, pk=pk)
        pieces = RunOutput.objects.filter(run=pk).order_by("position").values_list("text", flat=True)
        return StreamingHttpResponse(
            (piece.encode() for piece in pieces.iterator()),
            content_type="text/plain; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="run-{pk}.txt"'},
        )
