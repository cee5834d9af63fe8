"""Where the pages are that ask before something is done to jobs and runs, and the actions of lists that lead there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from backoffice.jobs import control
from backoffice.jobs.admin.asking import About, Question, ids_in
from backoffice.jobs.admin.base import MixinBase, user_of
from backoffice.jobs.models import Job, Run

if TYPE_CHECKING:
    from backoffice.jobs.admin.controls import Control

# The names of the pages.
RUN_NOW = "jobs_job_run_now"
CLEAR_LOCK = "jobs_job_clear_lock"
PAUSE = "jobs_job_pause"
RESUME = "jobs_job_resume"
CANCEL = "jobs_run_cancel"
RUN_AGAIN = "jobs_run_again"

# What stands in an address for all jobs, instead of their ids.
ALL = "all"


def page_of(name: str, jobs: Iterable[int]) -> str:
    """The address of the page ``name`` for the jobs with these ids."""
    return reverse(f"admin:{name}", query={"job": list(jobs)})


def page_of_runs(name: str, runs: Iterable[int]) -> str:
    return reverse(f"admin:{name}", query={"run": list(runs)})


# --- What a page was opened for; with all that it tells of each, whatever their number ---


def asked_about(request: HttpRequest) -> list[Job]:
    """The jobs that a page was opened for. Raises Http404 if there are none."""
    jobs = Job.objects.filter(pk__in=ids_in(request, "job")).prefetch_related("leases")
    return _some(list(jobs.select_related("last_run__requested_by", "pause__by")))


def runs_asked_about(request: HttpRequest) -> list[Run]:
    """The runs that a page was opened for. Raises Http404 if there are none."""
    runs = Run.objects.filter(pk__in=ids_in(request, "run")).order_by("pk")
    return _some(list(runs.select_related("job", "lease", "requested_by")))


def is_about_all(request: HttpRequest) -> bool:
    source = request.POST if request.method == "POST" else request.GET
    return ALL in source.getlist("job")


def _some(rows: list[Any]) -> list[Any]:
    if not rows:
        raise Http404
    return rows


# --- What it says, and where it leads ---


def about_one(
    row: Job | Run | None, facts: list[tuple[str, Any]] | None = None, remarks: list[tuple[str, str]] | None = None
) -> About:
    """What is said of a job or a run; None is all jobs."""
    return About(str(row) if row else gettext("All jobs"), leading_to([row]), facts or [], remarks or [])


def question_about(
    rows: Sequence[Job | Run | None],
    abouts: list[About],
    form: forms.Form | None,
    *,
    title: str,
    button: str,
    controls: Sequence[Control] = (),
) -> Question:
    hidden = [("run" if isinstance(row, Run) else "job", row.pk if row else ALL) for row in rows]
    return Question(title, button, abouts, form, leading_to(rows), hidden, controls)


def leading_to(rows: Sequence[Job | Run | None]) -> str:
    """The address of the page of the only one, or else of their list."""
    first = rows[0]
    name = "run" if isinstance(first, Run) else "job"
    if len(rows) == 1 and first:
        return reverse(f"admin:jobs_{name}_change", args=[first.pk])
    return reverse(f"admin:jobs_{name}_changelist")


class AsksFirst(MixinBase):
    """Actions of lists whose rows belong to jobs. They lead to the page that asks; nothing is done before."""

    def jobs_of(self, queryset: QuerySet[Any]) -> QuerySet[Job]:
        raise NotImplementedError

    def has_run_permission(self, request: HttpRequest) -> bool:
        return user_of(request).has_perm(control.RUN_JOB)

    def has_pause_permission(self, request: HttpRequest) -> bool:
        return user_of(request).has_perm(control.PAUSE_JOB)

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return user_of(request).has_perm(control.CANCEL_RUN)

    def has_clear_permission(self, request: HttpRequest) -> bool:
        return user_of(request).has_perm(control.CLEAR_LOCK)

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
