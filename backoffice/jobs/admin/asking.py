"""Pages that ask before something is done to jobs: what is known, what would follow, and why it is wanted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

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
from backoffice.jobs.models import Job

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    Base = ModelAdmin[Any]
else:
    Base = object

# The names of the pages.
RUN_NOW = "jobs_job_run_now"
CLEAR_LOCK = "jobs_job_clear_lock"


@dataclass
class About:
    """What a page says of one job: facts with their names, and remarks with their gravity."""

    job: Job
    facts: list[tuple[str, str]] = field(default_factory=list)
    remarks: list[tuple[str, str]] = field(default_factory=list)


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("reason"),
        max_length=200,
        required=False,
        help_text=_("Is kept in the job's history, for those who look later."),
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )


def page_of(name: str, jobs: Iterable[int]) -> str:
    """The address of the page ``name`` for the jobs with these ids."""
    return reverse(f"admin:{name}", query={"job": list(jobs)})


def asked_about(request: HttpRequest) -> list[Job]:
    """The jobs that a page was opened for. Raises Http404 if there are none."""
    source = request.POST if request.method == "POST" else request.GET
    ids = [int(text) for text in source.getlist("job") if text.isdecimal() and len(text) < 19]
    jobs = list(Job.objects.filter(pk__in=ids).select_related("last_run__requested_by"))
    if not jobs:
        raise Http404
    return jobs


def ask(
    model_admin: ModelAdmin[Any], request: HttpRequest, abouts: list[About], form: forms.Form | None, **texts: str
) -> TemplateResponse:
    """The page itself. ``texts``: title and button. Without a form there is nothing to be done."""
    context = model_admin.admin_site.each_context(request) | texts
    context |= {"opts": Job._meta, "abouts": abouts, "form": form}
    return TemplateResponse(request, "admin/jobs/ask.html", context)


class AsksFirst(Base):
    """Actions of lists whose rows belong to jobs. They lead to the page that asks; nothing is done before."""

    def jobs_of(self, queryset: QuerySet[Any]) -> QuerySet[Job]:
        raise NotImplementedError

    def has_run_permission(self, request: HttpRequest) -> bool:
        return cast(User, request.user).has_perm(control.RUN_JOB)

    def has_clear_permission(self, request: HttpRequest) -> bool:
        return cast(User, request.user).has_perm(control.CLEAR_LOCK)

    @admin.action(description=_("Run the job now"), permissions=["run"])
    def run_now(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self._lead_to(RUN_NOW, request, queryset)

    @admin.action(description=_("Clear its lock"), permissions=["clear"])
    def clear_lock(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self._lead_to(CLEAR_LOCK, request, queryset)

    def _lead_to(self, name: str, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        jobs = list(self.jobs_of(queryset.order_by()).order_by("code").values_list("pk", flat=True))
        if jobs:
            return HttpResponseRedirect(page_of(name, jobs))
        self.message_user(request, gettext("None of these belongs to a job that there is still."), messages.WARNING)
        return None
