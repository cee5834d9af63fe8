"""The pages that ask before jobs are paused, one, several or all, and before they are resumed."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from backoffice.jobs import control
from backoffice.jobs.admin import display, pauses
from backoffice.jobs.admin.asking import About, GivenReasonForm, ReasonForm, ask
from backoffice.jobs.admin.base import user_of
from backoffice.jobs.admin.pages import about_one, asked_about, is_about_all, leading_to, question_about
from backoffice.jobs.admin.states import job_state
from backoffice.jobs.models import Job, MissedPolicy, Pause
from backoffice.jobs.pauses import MONDAY, TOMORROW, mornings

FOR_GOOD, OTHER = "", "other"


class PauseForm(GivenReasonForm):
    how_long = forms.ChoiceField(label=gettext_lazy("how long"), required=False, widget=forms.RadioSelect)
    until = forms.DateTimeField(
        label=gettext_lazy("until"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=gettext_lazy("Only for “until another moment”."),
    )

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._now = now
        self._moments = mornings(now)
        cast(forms.ChoiceField, self.fields["how_long"]).choices = [
            (FOR_GOOD, _("for good, until somebody resumes it")),
            (TOMORROW, _("until tomorrow 08:00 (%(day)s)") % {"day": _day(self._moments[TOMORROW])}),
            (MONDAY, _("until Monday 08:00 (%(day)s)") % {"day": _day(self._moments[MONDAY])}),
            (OTHER, _("until another moment")),
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        how_long, until = cleaned.get("how_long", FOR_GOOD), cleaned.get("until")
        if how_long == OTHER and until is None and "until" not in self.errors:
            self.add_error("until", _("Say until when."))
        elif how_long == OTHER and until is not None and until <= self._now:
            self.add_error("until", _("This moment is past. Choose one that is to come."))
        elif how_long != OTHER and until is not None:
            self.add_error("how_long", _("Choose “until another moment”, or leave that moment empty."))
        return cleaned

    @property
    def moment(self) -> datetime | None:
        how_long = self.cleaned_data["how_long"]
        until: datetime | None = self.cleaned_data["until"]
        return until if how_long == OTHER else self._moments.get(how_long)


def pause_page(model_admin: ModelAdmin[Any], request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    jobs = _jobs(request)
    form = PauseForm.of(request, now=now, initial={"how_long": FOR_GOOD})
    if request.method == "POST" and form.is_valid():
        for job in jobs:
            control.pause(job, now, by=user_of(request), reason=form.cleaned_data["reason"], until=form.moment)
        model_admin.message_user(request, _paused_words(jobs, form.moment), messages.SUCCESS)
        return HttpResponseRedirect(leading_to(jobs))
    title = ngettext("Pause this job?", "Pause these %(count)d jobs?", len(jobs)) % {"count": len(jobs)}
    if jobs == [None]:
        title = _("Pause all jobs?")
    overall = pauses.of_all(now)
    abouts = [_about(job, now, overall, _what_pausing_does(job)) for job in jobs]
    return ask(model_admin, request, question_about(jobs, abouts, form, title=title, button=_("Pause")))


def resume_page(model_admin: ModelAdmin[Any], request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    jobs = _jobs(request)
    overall = pauses.of_all(now)
    paused = [job for job in jobs if (pauses.own(job, now) if job else overall)]
    form = ReasonForm.of(request)
    if request.method == "POST" and form.is_valid():
        for job in jobs:
            _resume(model_admin, request, job, form.cleaned_data["reason"], now)
        return HttpResponseRedirect(leading_to(jobs))
    title = ngettext("Resume this job?", "Resume these %(count)d jobs?", len(jobs)) % {"count": len(jobs)}
    if jobs == [None]:
        title = _("Resume all jobs?")
    abouts = [_about(job, now, overall, _what_resuming_does(job, job in paused, overall)) for job in jobs]
    asked = form if paused else None
    return ask(model_admin, request, question_about(jobs, abouts, asked, title=title, button=_("Resume")))


def _jobs(request: HttpRequest) -> list[Job | None]:
    """None stands for all of them."""
    return [None] if is_about_all(request) else list(asked_about(request))


def _about(job: Job | None, now: datetime, overall: Pause | None, remarks: list[tuple[str, str]]) -> About:
    facts: list[tuple[str, str]] = []
    if job is None:
        if overall:
            facts.append((_("state"), pauses.drawn([overall])))
        return about_one(None, [*facts, (_("jobs"), str(Job.objects.runnable().count()))], remarks)
    facts.append((_("state"), job_state(job, now, overall)))
    if job.next_due_at and job.is_listed and job.is_enabled:
        facts.append((_("next due"), display.moment(job.next_due_at)))
    return about_one(job, [*facts, (_("missed slots"), job.get_missed_policy_display())], remarks)


def _what_pausing_does(job: Job | None) -> list[tuple[str, str]]:
    remarks = [
        ("quiet", _("Nothing that comes due is started meanwhile. What runs now goes on, and Run now still works.")),
    ]
    if job is None:
        remarks.append(("odd", _("Nothing is started any more, reports are not sent: everybody sees who paused it.")))
    return [*remarks, ("quiet", _missed_words(job))]


def _what_resuming_does(job: Job | None, is_paused: bool, overall: Pause | None) -> list[tuple[str, str]]:
    if not is_paused:
        remarks = [("good", _("It is not paused: there is nothing to resume."))]
    else:
        remarks = [("quiet", _missed_words(job))]
    if job and overall:
        remarks.append(("odd", _("All jobs are paused: it stays so until they are resumed.")))
    return remarks


def _missed_words(job: Job | None) -> str:
    if job is None:
        return _("What came due meanwhile is made up for, or recorded as missed, as each job says.")
    if job.missed_policy == MissedPolicy.RUN_ONCE:
        return _("Afterwards one late run makes up for what came due meanwhile.")
    return _("What comes due meanwhile is recorded as missed.")


def _resume(model_admin: ModelAdmin[Any], request: HttpRequest, job: Job | None, reason: str, now: datetime) -> None:
    values = {"job": job or _("all jobs")}
    if control.resume(job, now, by=user_of(request), reason=reason):
        model_admin.message_user(request, _("Resumed: %(job)s.") % values, messages.SUCCESS)
    else:
        model_admin.message_user(request, _("Not paused: %(job)s.") % values, messages.INFO)


def _paused_words(jobs: list[Job | None], until: datetime | None) -> str:
    values = {
        "jobs": ", ".join(str(job or _("all jobs")) for job in jobs),
        "until": until and display.plain_moment(until),
    }
    return (_("Paused until %(until)s: %(jobs)s.") if until else _("Paused for good: %(jobs)s.")) % values


def _day(at: datetime) -> str:
    return date_format(timezone.localtime(at), "D Y-m-d")
