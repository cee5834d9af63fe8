"""The page that asks before a job is run: when it last ran and what it did, and who else runs it now."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from backoffice.jobs import control
from backoffice.jobs.admin import display, pauses
from backoffice.jobs.admin.asking import About, ReasonForm, ask
from backoffice.jobs.admin.base import user_of
from backoffice.jobs.admin.pages import about_one, asked_about, leading_to, question_about
from backoffice.jobs.admin.states import due_words, job_state
from backoffice.jobs.models import Job, Lease, Pause, Run


class RunNowForm(ReasonForm):
    def __init__(self, *args: Any, can_be_tried: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if can_be_tried:
            self.fields["dry_run"] = forms.BooleanField(
                label=gettext_lazy("Dry run"),
                required=False,
                help_text=gettext_lazy("It says what it would do, and does nothing."),
            )


def page(model_admin: ModelAdmin[Any], request: HttpRequest) -> HttpResponse:
    jobs = asked_about(request)
    form = RunNowForm.of(request, can_be_tried=all(job.supports_dry_run for job in jobs))
    now = timezone.now()
    if request.method == "POST" and form.is_valid():
        return _run(model_admin, request, jobs, form.cleaned_data, now)
    title = ngettext("Run this job now?", "Run these %(count)d jobs now?", len(jobs)) % {"count": len(jobs)}
    overall, remarks = pauses.of_all(now), remarks_on(jobs, now)
    abouts = [about(job, now, overall, remarks[job]) for job in jobs]
    return ask(model_admin, request, question_about(jobs, abouts, form, title=title, button=_("Run now")))


def about(job: Job, now: datetime, overall: Pause | None, remarks: list[tuple[str, str]]) -> About:
    last = job.last_run
    facts: list[tuple[str, str]] = [(_("state"), job_state(job, now, overall))]
    if last is None:
        facts.append((_("last run"), _("It has not run yet.")))
    else:
        facts += [
            (_("last run"), display.link(last, display.moment(last.ended_at))),
            (_("what it did"), last.summary or str(last.shown_status.label)),
            (_("started by"), display.cause(last)),
            (_("took"), display.took(last.duration)),
        ]
    if job.next_due_at and job.is_listed and job.is_enabled:
        at = f"{due_words(job, now, overall)}, {display.plain_moment(job.next_due_at)}"
        facts.append((_("next due"), at))
    return about_one(job, facts, remarks)


def remarks_on(jobs: Collection[Job], now: datetime) -> dict[Job, list[tuple[str, str]]]:
    """On what hinders each, on runs that are there already, and on what one more does not do. Two queries."""
    leases = control.leases_held(jobs)
    queued: dict[Job, list[Run]] = {job: [] for job in jobs}
    for run in Run.objects.queued().filter(job__in=jobs).select_related("job", "requested_by"):
        queued[run.job].append(run)
    return {job: _remarks(job, leases[job], queued[job], now) for job in jobs}


def _remarks(job: Job, leases: list[Lease], queued: list[Run], now: datetime) -> list[tuple[str, str]]:
    found = [("bad", job.problem)] if job.problem else []
    for lease in leases:
        if not lease.is_held:
            continue
        found.append(("odd", _("It runs now: %(holder)s.") % {"holder": control.holder_words(lease, now)}))
        if not job.allows_parallel_runs:
            found.append(("quiet", _("It never runs beside itself: the new run waits until that has ended.")))
    for run in queued:
        values = {"run": f"#{run.pk}", "cause": display.cause(run)}
        found.append(("odd", _("Run %(run)s waits in the queue already (%(cause)s).") % values))
    return [*found, ("quiet", _("Its timetable does not move."))]


def _run(
    model_admin: ModelAdmin[Any], request: HttpRequest, jobs: list[Job], asked: dict[str, Any], now: datetime
) -> HttpResponse:
    """Queue the runs, and lead to them."""
    queued, found = [], []
    wish = {"reason": asked["reason"], "dry_run": asked.get("dry_run", False)}
    for job in jobs:
        try:
            queued.append(control.run_now(job, now, by=user_of(request), **wish))
        except control.AlreadyQueued as already:
            model_admin.message_user(request, str(already), messages.WARNING)
            found.append(already.run)
    _say_queued(model_admin, request, queued)
    return HttpResponseRedirect(leading_to(queued + found))


def _say_queued(model_admin: ModelAdmin[Any], request: HttpRequest, queued: list[Run]) -> None:
    leases = control.leases_held([run.job for run in queued])
    waiting = [run for run in queued if run.waits_its_turn and any(lease.is_held for lease in leases[run.job])]
    if count := len(waiting):
        text = ngettext(
            "The run waits until the one that goes on has ended.",
            "%(count)d runs wait until those that go on have ended.",
            count,
        )
        model_admin.message_user(request, text % {"count": count}, messages.SUCCESS)
    if count := len(queued) - len(waiting):
        text = ngettext(
            "The run waits for the scheduler, which starts it within seconds.",
            "%(count)d runs wait for the scheduler, which starts them within seconds.",
            count,
        )
        model_admin.message_user(request, text % {"count": count}, messages.SUCCESS)
