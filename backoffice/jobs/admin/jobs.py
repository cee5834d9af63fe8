"""Jobs in the browser."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_cron.models import CronJobLock

from backoffice.jobs import positions
from backoffice.jobs.admin import clear_lock, display, run_now
from backoffice.jobs.admin.asking import CLEAR_LOCK, RUN_NOW, AsksFirst, page_of
from backoffice.jobs.admin.base import TypedAdmin
from backoffice.jobs.admin.timetables import HasTimetable, JobTimetablePage
from backoffice.jobs.models import Job
from backoffice.jobs.words import describe


@admin.register(Job)
class JobAdmin(HasTimetable, AsksFirst, TypedAdmin[Job]):
    """The rows are made from CRON_CLASSES; staff decide whether a job runs, and what becomes of missed slots."""

    timetable_page = JobTimetablePage
    list_display = ["code", "state", "timetable_words", "next_due", "last_run_ended", "last_run_did"]
    list_filter = ["is_enabled", "is_listed"]
    list_select_related = ["last_run"]
    search_fields = ["code"]
    actions = ["run_now", "clear_lock"]
    fieldsets = [
        (None, {"fields": ["code", "state", "is_enabled", "missed_policy"]}),
        (_("Timetable"), {"fields": ["timetable_and_link", "next_due", "retry", "limit", "allows_parallel_runs"]}),
        (_("Last run"), {"fields": ["last_run_ended", "last_run_did", "last_success"]}),
        (_("Code"), {"fields": ["class_path", "is_listed"]}),
    ]
    readonly_fields = [
        "code",
        "state",
        "timetable_words",
        "next_due",
        "retry",
        "limit",
        "allows_parallel_runs",
        "last_run_ended",
        "last_run_did",
        "last_success",
        "class_path",
        "is_listed",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        stock = CronJobLock.objects.filter(job_name=OuterRef("class_path"), locked=True)
        jobs: QuerySet[Job] = super().get_queryset(request).annotate(has_stock_lock=Exists(stock))
        return jobs.prefetch_related("leases")

    def save_model(self, request: HttpRequest, obj: Job, form: ModelForm, change: bool) -> None:
        """Write what was changed and nothing else: the scheduler may have moved the timetable on meanwhile."""
        values = {}
        if "is_enabled" in form.changed_data and obj.is_enabled:
            # What came due while it was switched off was not wanted: its timetable begins anew.
            values = positions.changed_over(obj.timetable, obj, timezone.now())
        for name, value in values.items():
            setattr(obj, name, value)
        obj.save(update_fields=[*form.changed_data, *values])

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("state"))
    def state(self, job: Job) -> str:
        return display.job_state(job, timezone.now())

    @admin.display(description=_("timetable"))
    def timetable_words(self, job: Job) -> str:
        return describe(job.timetable)

    @admin.display(description=_("last run"), ordering="last_run")
    def last_run_ended(self, job: Job) -> str:
        run = job.last_run
        return display.link(run, display.moment(run.ended_at)) if run else display.NOTHING

    @admin.display(description=_("what it did"))
    def last_run_did(self, job: Job) -> str:
        return job.last_run.summary or str(job.last_run.shown_status.label) if job.last_run else display.NOTHING

    @admin.display(description=_("next due"), ordering="next_due_at")
    def next_due(self, job: Job) -> str:
        return display.moment(job.next_due_at) if job.is_listed and job.is_enabled else display.NOTHING

    @admin.display(description=_("last success"))
    def last_success(self, job: Job) -> str:
        return display.moment(job.last_success_at)

    @admin.display(description=_("retry at"))
    def retry(self, job: Job) -> str:
        return display.moment(job.retry_at)

    @admin.display(description=_("longest run"))
    def limit(self, job: Job) -> str:
        return display.took(timedelta(seconds=job.lock_seconds))

    # --- Running and clearing locks: links in each row, and the pages that ask first ---

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        controls = []
        if self.has_run_permission(request):
            controls.append("run_now_link")
        if self.has_clear_permission(request):
            controls.append("clear_lock_link")
        code, state, *others = super().get_list_display(request)
        return [code, state, *controls, *others]  # where they are seen without scrolling

    def jobs_of(self, queryset: QuerySet[Any]) -> QuerySet[Job]:
        return queryset

    @admin.display(description=_("run"))
    def run_now_link(self, job: Job) -> str:
        return format_html('<a href="{}">{}</a>', page_of(RUN_NOW, [job.pk]), gettext("Run now"))

    @admin.display(description=_("lock"))
    def clear_lock_link(self, job: Job) -> str:
        is_locked = any(lease.token for lease in job.leases.all()) or cast(Any, job).has_stock_lock
        if not is_locked:
            return display.NOTHING
        return format_html('<a href="{}">{}</a>', page_of(CLEAR_LOCK, [job.pk]), gettext("Clear the lock"))

    def get_urls(self) -> list[URLPattern]:
        site = self.admin_site
        return [
            path("run-now/", site.admin_view(self.run_now_view), name=RUN_NOW),
            path("clear-lock/", site.admin_view(self.clear_lock_view), name=CLEAR_LOCK),
            *super().get_urls(),
        ]

    def run_now_view(self, request: HttpRequest) -> HttpResponse:
        if not (self.has_view_permission(request) and self.has_run_permission(request)):
            raise PermissionDenied
        return run_now.page(self, request)

    def clear_lock_view(self, request: HttpRequest) -> HttpResponse:
        if not (self.has_view_permission(request) and self.has_clear_permission(request)):
            raise PermissionDenied
        return clear_lock.page(self, request)
