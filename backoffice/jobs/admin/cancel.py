"""The pages that ask before a run is cancelled, and before one is made again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.jobs import control
from backoffice.jobs.admin import display, run_now
from backoffice.jobs.admin.asking import About, GivenReasonForm, ReasonForm, ask
from backoffice.jobs.admin.base import user_of
from backoffice.jobs.admin.pages import about_one, leading_to, question_about, runs_asked_about
from backoffice.jobs.models import Run, RunStatus
from backoffice.jobs.models.choices import UNFINISHED
from backoffice.jobs.recent import LOOKED_THROUGH, Recent, recent


def cancel_page(model_admin: ModelAdmin[Any], request: HttpRequest) -> HttpResponse:
    runs = runs_asked_about(request)
    now = timezone.now()
    form = GivenReasonForm.of(request)
    if request.method == "POST" and form.is_valid():
        for run in runs:
            _cancel(model_admin, request, run, form.cleaned_data["reason"], now)
        return HttpResponseRedirect(leading_to(runs))
    title = ngettext("Cancel this run?", "Cancel these %(count)d runs?", len(runs)) % {"count": len(runs)}
    can_be_done = any(run.shown_status in UNFINISHED for run in runs)
    lately = recent({run.job_id for run in runs if run.started_at}, LOOKED_THROUGH)
    abouts = [_about(run, now, lately.get(run.job_id)) for run in runs]
    asked = form if can_be_done else None
    return ask(model_admin, request, question_about(runs, abouts, asked, title=title, button=_("Cancel the run")))


def _about(run: Run, now: datetime, lately: Recent | None) -> About:
    facts = [(_("state"), str(display.status_badge(run.shown_status))), (_("started by"), display.cause(run))]
    if run.started_at:
        facts.append((_("running for"), display.took((run.ended_at or now) - run.started_at)))
        facts.append((_("where"), display.where(run)))
        if lately and (measured := lately.usual):
            facts.append((_("usually takes"), display.took(measured.median)))
    return about_one(run, facts, [_what_follows(run)])


def _what_follows(run: Run) -> tuple[str, str]:
    if run.shown_status not in UNFINISHED:
        return "good", _("It has ended: there is nothing to cancel.")
    if run.cancel_requested_at:
        return "odd", _("Somebody has asked for that already: it is being stopped.")
    if run.status == RunStatus.QUEUED:
        return "quiet", _("It has not begun: it is taken out of the queue, and does nothing.")
    return "odd", _(
        "It is asked to stop, and ended by force if it does not. It may have done a part. What it has said so far "
        "is kept."
    )


def _cancel(model_admin: ModelAdmin[Any], request: HttpRequest, run: Run, reason: str, now: datetime) -> None:
    was_queued = run.status == RunStatus.QUEUED
    try:
        is_cancelled = control.cancel(run, now, by=user_of(request), reason=reason)
    except control.CannotBeCancelled as error:
        model_admin.message_user(request, str(error), messages.ERROR)
        return
    if not is_cancelled:
        text, level = _("%(run)s has ended already."), messages.INFO
    elif was_queued:
        text, level = _("%(run)s was taken out of the queue."), messages.SUCCESS
    else:
        text, level = _("%(run)s is asked to stop."), messages.SUCCESS
    model_admin.message_user(request, text % {"run": run}, level)


def run_again_page(model_admin: ModelAdmin[Any], request: HttpRequest) -> HttpResponse:
    runs = runs_asked_about(request)
    now = timezone.now()
    form = ReasonForm.of(request)
    if request.method == "POST" and form.is_valid():
        made = [_run_again(model_admin, request, run, form.cleaned_data["reason"], now) for run in runs]
        return HttpResponseRedirect(leading_to([run for run in made if run] or runs))
    title = ngettext("Run this again?", "Run these %(count)d again?", len(runs)) % {"count": len(runs)}
    remarks = run_now.remarks_on({run.job for run in runs}, now)
    abouts = [_about_again(run, remarks[run.job]) for run in runs]
    return ask(model_admin, request, question_about(runs, abouts, form, title=title, button=_("Run again")))


def _about_again(run: Run, remarks: list[tuple[str, str]]) -> About:
    facts: list[tuple[str, str]] = [
        (_("state"), display.status_badge(run.shown_status)),
        (_("what it did"), run.summary or str(run.shown_status.label)),
        (_("started by"), display.cause(run)),
        (_("ended"), display.moment(run.ended_at)),
        (_("took"), display.took(run.duration)),
    ]
    of_dry_run = [("quiet", _("It was a dry run, and the new one is one, too."))] if run.is_dry_run else []
    return about_one(run, facts, [*remarks, *of_dry_run])


def _run_again(model_admin: ModelAdmin[Any], request: HttpRequest, run: Run, reason: str, now: datetime) -> Run | None:
    try:
        return control.run_again(run, now, by=user_of(request), reason=reason)
    except control.AlreadyQueued as already:
        model_admin.message_user(request, str(already), messages.WARNING)
        return already.run
    except control.NoDryRun as error:
        model_admin.message_user(request, str(error), messages.ERROR)
        return None
