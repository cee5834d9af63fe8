"""django-cron's log in the browser, in place of its own pages: those read the whole table several times."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Case, QuerySet, Value, When
from django.db.models.functions import Left, Length, Right
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.functional import lazy
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from django_cron.models import CronJobLog

from backoffice.jobs import control
from backoffice.jobs.admin import display, log_search
from backoffice.jobs.admin.base import LargeTable, ReadOnly, TypedAdmin, user_of
from backoffice.jobs.admin.controls import controls_of_run
from backoffice.jobs.admin.exporting import ExportsRows
from backoffice.jobs.admin.filters import DayRangeFilter, DurationFilter, JobCodeFilter, ResultFilter
from backoffice.jobs.admin.pages import AsksFirst
from backoffice.jobs.models import Job
from backoffice.jobs.storable import first_line, last_line

# The name of the page.
MESSAGE = "django_cron_cronjoblog_message"

# Characters of a message that the list reads; it shows a line of them.
SHOWN_IN_LIST = 200

# Characters of a message that its page shows; there may be 25 million.
SHOWN_ON_PAGE = 100_000

admin.site.unregister(CronJobLog)


@admin.register(CronJobLog)
class CronJobLogAdmin(AsksFirst, ExportsRows, LargeTable, ReadOnly, TypedAdmin[CronJobLog]):
    export_permission, export_stem = control.EXPORT_LOG, "log"
    export_moments = (1, 2)
    list_display = ["job", "started", "took", "result", "said"]
    list_filter = [ResultFilter, ("start_time", DayRangeFilter), JobCodeFilter, DurationFilter]
    ordering = ["-start_time"]
    actions = ["run_now", "clear_lock"]
    sortable_by = ["started"]
    search_fields = ["code"]
    search_help_text = lazy(log_search.help_text, str)()
    fieldsets = [
        (None, {"fields": ["job", "result", "started", "ended", "took", "message_text"]}),
        (_("Run"), {"fields": ["run_link", "cause", "reason", "where"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[CronJobLog]:
        """With the beginning of each message, or its end, instead of all of it, which may be a job's whole output."""
        logs = super().get_queryset(request).select_related("run__requested_by").defer("message")
        # Of a failure that has no run, by stock django-cron: what was raised stands at the end of the traceback.
        has_bare_traceback = When(run=None, is_success=False, then=Right("message", SHOWN_IN_LIST))
        shown: QuerySet[CronJobLog] = logs.annotate(
            opening=Left("message", SHOWN_IN_LIST), ending=Case(has_bare_traceback, default=Value(""))
        )
        return shown

    def jobs_of(self, queryset: QuerySet[Any]) -> QuerySet[Job]:
        return Job.objects.filter(code__in=queryset.values("code"))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[CronJobLog], search_term: str
    ) -> tuple[QuerySet[CronJobLog], bool]:
        days = (request.GET.get(f"start_time__range__{end}", "") for end in ("gte", "lte"))
        return log_search.found(queryset, search_term, *days), False

    @staticmethod
    def get_rangefilter_start_time_title(request: HttpRequest, field_path: str) -> str:
        return gettext("day")

    @admin.display(description=_("job"))
    def job(self, log: CronJobLog) -> str:
        return str(log.code)

    @admin.display(description=_("started"), ordering="start_time")
    def started(self, log: CronJobLog) -> str:
        return display.moment(log.start_time)

    @admin.display(description=_("ended"))
    def ended(self, log: CronJobLog) -> str:
        return display.moment(log.end_time)

    @admin.display(description=_("took"))
    def took(self, log: CronJobLog) -> str:
        return display.took(log.end_time - log.start_time)

    @admin.display(description=_("result"))
    def result(self, log: CronJobLog) -> str:
        return display.badge(*display.log_result(log))

    @admin.display(description=_("message"))
    def said(self, log: CronJobLog) -> str:
        run = getattr(log, "run", None)
        if run is not None and run.summary:
            return str(run.summary)
        return last_line(log.ending) or first_line(log.opening)

    @admin.display(description=_("message"))
    def message_text(self, log: CronJobLog) -> str:
        """The first part, which is all that is read for it; the rest by download."""
        part = Left("message", SHOWN_ON_PAGE)
        text, length = CronJobLog.objects.filter(pk=log.pk).values_list(part, Length("message")).get()
        if not text:
            return display.NOTHING
        shown = format_html('<pre class="output">{}</pre>', text)
        if length <= SHOWN_ON_PAGE:
            return shown
        return format_html(
            '<p>{} <a href="{}">{}</a></p>{}',
            gettext("The first %(shown)d of %(length)d characters.") % {"shown": SHOWN_ON_PAGE, "length": length},
            reverse(f"admin:{MESSAGE}", args=[log.pk]),
            gettext("Download all of it"),
            shown,
        )

    # --- Its run ---

    @admin.display(description=_("run"))
    def run_link(self, log: CronJobLog) -> str:
        return display.link(getattr(log, "run", None))

    @admin.display(description=_("started by"))
    def cause(self, log: CronJobLog) -> str:
        run = getattr(log, "run", None)
        return display.cause(run) if run else display.NOTHING

    @admin.display(description=_("reason"))
    def reason(self, log: CronJobLog) -> str:
        run = getattr(log, "run", None)
        return run.reason or display.NOTHING if run else display.NOTHING

    @admin.display(description=_("where"))
    def where(self, log: CronJobLog) -> str:
        run = getattr(log, "run", None)
        return display.where(run) if run else display.NOTHING

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        run = getattr(context["original"], "run", None)
        context["subtitle"] = context["original"].code  # its str() knows but Success and Fail, in English
        context["controls"] = controls_of_run(run, user_of(request)) if run else []
        return super().render_change_form(request, context, *args, **kwargs)

    # --- Files: the rows that the list shows, and one whole message ---

    def exported_rows(self, queryset: QuerySet[CronJobLog]) -> Iterator[list[Any]]:
        from backoffice.jobs.admin import exports  # import-export is slow to import

        return exports.rows(queryset)

    def get_urls(self) -> list[URLPattern]:
        message = path("<int:pk>/message/", self.admin_site.admin_view(self.message_view), name=MESSAGE)
        return [message, *super().get_urls()]

    @method_decorator(require_safe)
    def message_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        log = get_object_or_404(CronJobLog, pk=pk)
        return HttpResponse(
            log.message,
            content_type="text/plain; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="log-{pk}.txt"'},
        )
