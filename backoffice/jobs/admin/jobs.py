"""Jobs in the browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_cron.models import CronJobLock

from backoffice.jobs import control
from backoffice.jobs.admin import clear_lock, display, pause, pauses, run_now, strip
from backoffice.jobs.admin.base import TypedAdmin, user_of
from backoffice.jobs.admin.controls import controls_of_all, controls_of_job, drawn
from backoffice.jobs.admin.job_form import JobForm
from backoffice.jobs.admin.job_list import JobList, LookedAt, looked_at
from backoffice.jobs.admin.pages import CANCEL, CLEAR_LOCK, PAUSE, RESUME, RUN_NOW, AsksFirst, page_of_runs
from backoffice.jobs.admin.states import JobStateFilter, due_words, job_state
from backoffice.jobs.admin.timetables import HasTimetable, JobTimetablePage
from backoffice.jobs.models import Job, Run
from backoffice.jobs.recent import recent
from backoffice.jobs.words import describe_stored

# Of a job's settings, those that only its code can change.
CODE_SAYS = ("limit", "code_retries", "allows_parallel_runs", "supports_dry_run")

Page = Callable[[Any, HttpRequest], HttpResponse]


@admin.register(Job)
class JobAdmin(HasTimetable, AsksFirst, TypedAdmin[Job]):
    """The rows are made from CRON_CLASSES; staff decide whether a job runs, and how."""

    form = JobForm
    timetable_page = JobTimetablePage
    list_display = ["code_in_row", "state_in_row", "lately", "last_run_did", "next_due_row", "controls"]
    show_facets = admin.ShowFacets.NEVER
    list_filter = [JobStateFilter]
    list_select_related = ["last_run", "pause__by"]
    list_per_page = 50
    search_fields = ["code"]
    actions = ["run_now", "cancel", "pause", "resume", "clear_lock"]
    fieldsets = [
        (None, {"fields": ["state", "lately_linked"]}),
        (_("Timetable"), {"fields": ["timetable_and_link", "next_due", "retry"]}),
        (_("Last run"), {"fields": ["last_run_did", "last_success"]}),
        (_("Settings"), {"fields": [*control.SETTINGS, "reason"]}),
        (_("Code"), {"fields": ["class_path", "is_listed", *CODE_SAYS]}),
    ]
    readonly_fields = [
        *("state", "lately_linked", "next_due", "retry", "last_run_did", "last_success"),
        *("class_path", "is_listed", *CODE_SAYS),
    ]

    def get_fieldsets(self, request: HttpRequest, obj: Job | None = None) -> Any:
        """Who can change nothing is not asked why."""
        fieldsets = super().get_fieldsets(request, obj)
        if self.has_change_permission(request, obj):
            return fieldsets
        return [(name, {"fields": [one for one in rest["fields"] if one != "reason"]}) for name, rest in fieldsets]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        stock = CronJobLock.objects.filter(job_name=OuterRef("class_path"), locked=True)
        jobs: QuerySet[Job] = super().get_queryset(request).annotate(has_stock_lock=Exists(stock))
        return jobs.prefetch_related("leases")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return JobList

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        now = timezone.now()
        overall = pauses.of_all(now)
        context = {
            "controls": controls_of_all(user_of(request), overall),
            "overall": control.pause_words(overall) if overall else "",
        }
        return super().changelist_view(request, context | (extra_context or {}))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Job | None:
        job: Any = super().get_object(request, object_id, from_field)
        if job is not None:
            now = timezone.now()
            lately = recent([job.pk])[job.pk]
            job.looked_at = LookedAt(now, pauses.of_all(now), lately, user_of(request))
        return cast("Job | None", job)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """What can be done in a row of the list stands above the page, too."""
        if job := context.get("original"):
            context["controls"] = controls_of_job(job, user_of(request), timezone.now())
        return super().render_change_form(request, context, *args, **kwargs)

    # --- Saving: control does it, checks it and leaves a note of it ---

    def save_model(self, request: HttpRequest, obj: Job, form: ModelForm, change: bool) -> None:
        """What was changed and nothing else: the scheduler may have moved the timetable on meanwhile."""
        values = {name: form.cleaned_data[name] for name in form.changed_data if name in control.SETTINGS}
        reason = form.cleaned_data.get("reason", "")
        try:
            control.change_settings(obj, values, timezone.now(), by=user_of(request), reason=reason)
        except ValidationError as error:  # somebody else has changed the other half of it meanwhile
            self.message_user(request, " ".join(error.messages), messages.ERROR)

    def log_change(self, request: HttpRequest, obj: Job, message: Any) -> Any:
        """Nothing: the note that control left says more."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    # --- What is shown ---

    @admin.display(description=_("code"), ordering="code")
    def code_in_row(self, job: Job) -> str:
        return display.breakable(job.code)

    @admin.display(description=_("state"))
    def state(self, job: Job) -> str:
        seen = looked_at(job)
        return job_state(job, seen.now, seen.overall)

    @admin.display(description=_("state"))
    def state_in_row(self, job: Job) -> str:
        seen = looked_at(job)
        return job_state(job, seen.now, seen.overall, in_list=True)

    @admin.display(description=_("actions"))
    def controls(self, job: Job) -> str:
        seen = looked_at(job)
        return drawn(controls_of_job(job, seen.user, seen.now))

    @admin.display(description=_("last 60 runs"))
    def lately(self, job: Job) -> str:
        seen = looked_at(job).lately
        return format_html('{}<div class="detail">{}</div>', strip.strip(seen), strip.rate(seen))

    @admin.display(description=_("last 60 runs"))
    def lately_linked(self, job: Job) -> str:
        """With more room: each bar leads to its run."""
        seen = looked_at(job).lately
        url = reverse("admin:jobs_run_changelist", query={"job__id__exact": job.pk})
        return format_html(
            '{}<div class="detail">{} <a href="{}">{}</a></div>',
            *(strip.strip(seen, with_links=True), strip.rate(seen), url, gettext("All its runs")),
        )

    @admin.display(description=_("last run"), ordering="last_run")
    def last_run_did(self, job: Job) -> str:
        run = job.last_run
        if run is None:
            return display.NOTHING
        label, at = gettext("last run"), display.link(run, display.moment(run.ended_at))
        did = run.summary or run.shown_status.label
        return format_html('<span class="label">{}: </span>{}<div class="did">{}</div>', label, at, did)

    @admin.display(description=_("next due"), ordering="next_due_at")
    def next_due(self, job: Job) -> str:
        if job.next_due_at is None or not (job.is_listed and job.is_enabled):
            return display.NOTHING
        seen = looked_at(job)
        words = due_words(job, seen.now, seen.overall)
        return format_html('{}<div class="detail">{}</div>', words, display.moment(job.next_due_at))

    @admin.display(description=_("next due"), ordering="next_due_at")
    def next_due_row(self, job: Job) -> str:
        in_force = job.timetable_data if job.own_timetable is None else job.own_timetable
        label, words = gettext("next due"), describe_stored(in_force)
        return format_html(
            '<span class="label">{}: </span>{}<div class="detail">{}</div>', label, self.next_due(job), words
        )

    @admin.display(description=_("last success"))
    def last_success(self, job: Job) -> str:
        return display.moment(job.last_success_at)

    @admin.display(description=_("retry at"))
    def retry(self, job: Job) -> str:
        return display.moment(job.retry_at)

    @admin.display(description=_("longest run"))
    def limit(self, job: Job) -> str:
        return display.took(timedelta(seconds=job.lock_seconds))

    @admin.display(description=_("retry of a failed run"))
    def code_retries(self, job: Job) -> str:
        if job.retry_minutes is None:
            return gettext("none")
        return gettext("after %(minutes)g min") % {"minutes": job.retry_minutes}

    # --- The pages that ask first ---

    def jobs_of(self, queryset: QuerySet[Any]) -> QuerySet[Job]:
        return queryset

    @admin.action(description=_("Cancel what runs of it"), permissions=["cancel"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Job]) -> HttpResponse | None:
        runs = list(
            Run.objects.unfinished().filter(job__in=queryset.order_by()).order_by("pk").values_list("pk", flat=True)
        )
        if runs:
            return HttpResponseRedirect(page_of_runs(CANCEL, runs))
        self.message_user(request, gettext("None of these runs, or waits in the queue."), messages.WARNING)
        return None

    def get_urls(self) -> list[URLPattern]:
        pages: list[tuple[str, str, Page, Callable[[HttpRequest], bool]]] = [
            ("run-now", RUN_NOW, run_now.page, self.has_run_permission),
            ("pause", PAUSE, pause.pause_page, self.has_pause_permission),
            ("resume", RESUME, pause.resume_page, self.has_pause_permission),
            ("clear-lock", CLEAR_LOCK, clear_lock.page, self.has_clear_permission),
        ]
        return [*(self._url(*page) for page in pages), *super().get_urls()]

    def _url(self, address: str, name: str, page: Page, may: Callable[[HttpRequest], bool]) -> URLPattern:
        def view(request: HttpRequest) -> HttpResponse:
            if not (self.has_view_permission(request) and may(request)):
                raise PermissionDenied
            return page(self, request)

        return path(f"{address}/", self.admin_site.admin_view(view), name=name)
