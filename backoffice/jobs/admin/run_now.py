"""The page that asks before a job is run: when it last ran and what it did, and who else runs it now."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from backoffice.jobs import control
from backoffice.jobs.admin import display, pauses
from backoffice.jobs.admin.asking import About, ReasonForm, ask, asked_about
from backoffice.jobs.admin.states import due_words, job_state
from backoffice.jobs.models import Job, Run


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
    form = RunNowForm(request.POST or None, can_be_tried=all(job.supports_dry_run for job in jobs))
    now = timezone.now()
    if request.method == "POST" and form.is_valid():
        return _run(model_admin, request, jobs, form.cleaned_data, now)
    title = ngettext("Run this job now?", "Run these %(count)d jobs now?", len(jobs)) % {"count": len(jobs)}
    abouts = [about(job, now) for job in jobs]
    return ask(model_admin, request, abouts, form, title=title, button=_("Run now"))


def about(job: Job, now: datetime) -> About:
    last, overall = job.last_run, pauses.of_all(now)
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
    return About(job, facts, remarks(job, now))


def remarks(job: Job, now: datetime) -> list[tuple[str, str]]:
    """On what hinders it, on runs that are there already, and on what one more does not do."""
    found = [("bad", job.problem)] if job.problem else []
    for lease in control.leases_held(job):
        if not lease.is_held:
            continue
        found.append(("odd", _("It runs now: %(holder)s.") % {"holder": control.holder_words(lease, now)}))
        if job.waits_its_turn:
            found.append(("quiet", _("It never runs beside itself: the new run waits until that has ended.")))
        elif not job.allows_parallel_runs:
            found.append(("odd", _("It never runs beside itself: if that has not ended, the new run is skipped.")))
    for run in Run.objects.queued().filter(job=job).select_related("requested_by"):
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
            queued.append(control.run_now(job, now, by=cast(User, request.user), **wish))
        except control.AlreadyQueued as already:
            model_admin.message_user(request, str(already), messages.WARNING)
            found.append(already.run)
    if queued:
        text = ngettext(
            "The run waits for the scheduler, which starts it within seconds.",
            "%(count)d runs wait for the scheduler, which starts them within seconds.",
            len(queued),
        )
        model_admin.message_user(request, text % {"count": len(queued)}, messages.SUCCESS)
    runs = queued + found
    if len(runs) == 1:
        return HttpResponseRedirect(reverse("admin:jobs_run_change", args=[runs[0].pk]))
    return HttpResponseRedirect(reverse("admin:jobs_run_changelist"))
