"""Pages that ask before something is done: what is known, what would follow, and why it is wanted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from backoffice.jobs import control
from backoffice.jobs.admin.base import MixinBase
from backoffice.jobs.models import Job, Run

# The names of the pages.
RUN_NOW = "jobs_job_run_now"
CLEAR_LOCK = "jobs_job_clear_lock"
PAUSE = "jobs_job_pause"
RESUME = "jobs_job_resume"
CANCEL = "jobs_run_cancel"
RUN_AGAIN = "jobs_run_again"

# What stands in an address for all jobs, instead of their ids.
ALL = "all"


@dataclass
class About:
    """What a page says of one job or run: facts with their names, and remarks with their gravity."""

    of: Job | Run | None  # None is all jobs
    facts: list[tuple[str, str]] = field(default_factory=list)
    remarks: list[tuple[str, str]] = field(default_factory=list)

    @property
    def link(self) -> str:
        if self.of is None:
            return reverse("admin:jobs_job_changelist")
        return reverse(f"admin:jobs_{self.of._meta.model_name}_change", args=[self.of.pk])

    @property
    def heading(self) -> str:
        return str(self.of) if self.of else gettext("All jobs")

    @property
    def name(self) -> str:
        """With ``value``: how the page says again, when it is sent, what it was opened for."""
        return "run" if isinstance(self.of, Run) else "job"

    @property
    def value(self) -> int | str:
        return self.of.pk if self.of else ALL


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("reason"),
        max_length=200,
        required=False,
        help_text=_("Is kept in the job's history, for those who look later."),
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )


class GivenReasonForm(ReasonForm):
    """Where others will want to know why."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = True


def page_of(name: str, jobs: Iterable[int]) -> str:
    """The address of the page ``name`` for the jobs with these ids."""
    return reverse(f"admin:{name}", query={"job": list(jobs)})


def page_of_runs(name: str, runs: Iterable[int]) -> str:
    return reverse(f"admin:{name}", query={"run": list(runs)})


def asked_about(request: HttpRequest) -> list[Job]:
    """The jobs that a page was opened for. Raises Http404 if there are none."""
    jobs = Job.objects.filter(pk__in=ids_in(request, "job"))
    return _some(list(jobs.select_related("last_run__requested_by")))


def runs_asked_about(request: HttpRequest) -> list[Run]:
    """The runs that a page was opened for. Raises Http404 if there are none."""
    runs = Run.objects.filter(pk__in=ids_in(request, "run")).order_by("pk")
    return _some(list(runs.select_related("job", "lease", "requested_by")))


def is_about_all(request: HttpRequest) -> bool:
    return ALL in _source(request).getlist("job")


def _some(rows: list[Any]) -> list[Any]:
    if not rows:
        raise Http404
    return rows


def _source(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else request.GET


def ids_in(request: HttpRequest, name: str) -> list[int]:
    """The ids that stand under ``name`` in an address or, when it is sent, in the form; what is none is left out."""
    return [int(text) for text in _source(request).getlist(name) if text.isdecimal() and len(text) < 19]


def ask(
    model_admin: admin.ModelAdmin[Any], request: HttpRequest, abouts: list[About], form: forms.Form | None, **texts: Any
) -> TemplateResponse:
    """The page itself. ``texts``: title and button; also controls, which lead elsewhere. Without a form there is
    nothing to be done."""
    context = model_admin.admin_site.each_context(request) | texts
    context |= {"opts": model_admin.model._meta, "abouts": abouts, "form": form}
    return TemplateResponse(request, "admin/jobs/ask.html", context)


class AsksFirst(MixinBase):
    """Actions of lists whose rows belong to jobs. They lead to the page that asks; nothing is done before."""

    def jobs_of(self, queryset: QuerySet[Any]) -> QuerySet[Job]:
        raise NotImplementedError

    def has_run_permission(self, request: HttpRequest) -> bool:
        return cast(User, request.user).has_perm(control.RUN_JOB)

    def has_pause_permission(self, request: HttpRequest) -> bool:
        return cast(User, request.user).has_perm(control.PAUSE_JOB)

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return cast(User, request.user).has_perm(control.CANCEL_RUN)

    def has_clear_permission(self, request: HttpRequest) -> bool:
        return cast(User, request.user).has_perm(control.CLEAR_LOCK)

    @admin.action(description=_("Run the job now"), permissions=["run"])
    def run_now(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self._lead_to(RUN_NOW, request, queryset)

    @admin.action(description=_("Pause the job"), permissions=["pause"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self._lead_to(PAUSE, request, queryset)

    @admin.action(description=_("Resume the job"), permissions=["pause"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self._lead_to(RESUME, request, queryset)

    @admin.action(description=_("Clear its lock"), permissions=["clear"])
    def clear_lock(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self._lead_to(CLEAR_LOCK, request, queryset)

    def _lead_to(self, name: str, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        jobs = list(self.jobs_of(queryset.order_by()).order_by("code").values_list("pk", flat=True))
        if jobs:
            return HttpResponseRedirect(page_of(name, jobs))
        self.message_user(request, gettext("None of these belongs to a job that there is still."), messages.WARNING)
        return None
