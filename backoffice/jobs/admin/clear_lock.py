"""The page that asks before a lock is cleared: who holds it, whether they live, and what would follow."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from backoffice.jobs import control
from backoffice.jobs.admin import display
from backoffice.jobs.admin.asking import About, GivenReasonForm, ask
from backoffice.jobs.admin.base import user_of
from backoffice.jobs.admin.controls import Control
from backoffice.jobs.admin.pages import (
    CANCEL,
    CLEAR_LOCK,
    about_one,
    asked_about,
    leading_to,
    page_of,
    page_of_runs,
    question_about,
)
from backoffice.jobs.models import Job, Lease


class ClearForm(GivenReasonForm):
    def __init__(self, *args: Any, may_force: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if may_force:
            self.fields["force"] = forms.BooleanField(
                label=gettext_lazy("Clear it though its holder counts as alive"),
                required=False,
                help_text=gettext_lazy(
                    "The run is recorded as interrupted and can change nothing more in these tables; its process is "
                    "ended with its next sign of life. Until then the job may run twice."
                ),
            )


def page(model_admin: ModelAdmin[Any], request: HttpRequest) -> HttpResponse:
    jobs = asked_about(request)
    now = timezone.now()
    leases = control.leases_held(jobs)
    lives = any(lease.is_held for held in leases.values() for lease in held)
    may_force = lives and user_of(request).has_perm(control.FORCE_CLEAR_LOCK)
    form = ClearForm.of(request, may_force=may_force)
    if request.method == "POST" and form.is_valid():
        return _clear(model_admin, request, jobs, form.cleaned_data["reason"], now)
    locked = control.stock_locked(jobs)
    abouts = [about(job, leases[job], job in locked, now) for job in jobs]
    title = ngettext("Clear the lock of this job?", "Clear the locks of these %(count)d jobs?", len(jobs))
    can_be_done = may_force or not all(_refused(held) for held in leases.values())
    question = question_about(
        jobs,
        abouts,
        form if can_be_done else None,
        title=title % {"count": len(jobs)},
        button=_("Clear the lock"),
        controls=_instead(user_of(request), leases.values()),
    )
    return ask(model_admin, request, question)


def about(job: Job, leases: list[Lease], is_stock_locked: bool, now: datetime) -> About:
    found = about_one(job)
    for lease in leases:
        heard = (now - lease.heartbeat_at) if lease.heartbeat_at else None
        found.facts += [
            (_("held by"), display.link(lease.run) if lease.run else lease.key),
            (_("started by"), display.cause(lease.run) if lease.run else display.NOTHING),
            (_("host"), lease.host),
            (_("supervisor process"), str(lease.pid)),
            (_("taken"), display.moment(lease.acquired_at)),
            (_("last sign of life"), _("%(duration)s ago") % {"duration": display.took(heard)}),
        ]
        found.remarks.append(_what_follows(lease, now))
    if is_stock_locked:
        text = _(
            "django-cron's own table says that it is locked, and not by whom. It is set to free: make sure that no "
            "other scheduler runs the job."
        )
        found.remarks.append(("odd", text))
    if not found.remarks:
        found.remarks.append(("good", _("Its lock is free: there is nothing to clear.")))
    return found


def _instead(user: User, leases: Iterable[list[Lease]]) -> list[Control]:
    """What to do about holders that live: end their runs, in an orderly way."""
    runs = [lease.run_id for held in leases for lease in held if lease.is_held and lease.run_id]
    if not runs or not user.has_perm(control.CANCEL_RUN):
        return []
    text = ngettext("Cancel the run instead", "Cancel the runs instead", len(runs))
    return [Control(page_of_runs(CANCEL, runs), text)]


def _refused(leases: list[Lease]) -> bool:
    return any(lease.is_held for lease in leases)


def _what_follows(lease: Lease, now: datetime) -> tuple[str, str]:
    if lease.is_held:
        return "bad", control.lives_until_words(lease, now)
    if lease.run is None:
        return "odd", _("Its holder is gone: the lock is freed, and the job may run again.")
    return "odd", _(
        "Its holder is gone: the lock is freed, the run is recorded as interrupted, and the job may run again."
    )


def _clear(
    model_admin: ModelAdmin[Any], request: HttpRequest, jobs: list[Job], reason: str, now: datetime
) -> HttpResponse:
    """Clear what can be cleared; what was refused is shown again."""
    refused = []
    for job in jobs:
        values = {"job": job}
        try:
            was_locked = control.clear_lock(job, now, by=user_of(request), reason=reason, force="force" in request.POST)
        except control.LockIsHeld as held:
            model_admin.message_user(request, f"{job}: {held}", messages.ERROR)
            refused.append(job.pk)
            continue
        if was_locked:
            model_admin.message_user(request, _("The lock of %(job)s was cleared.") % values, messages.SUCCESS)
        else:
            text = _("The lock of %(job)s is free: there was nothing to clear.")
            model_admin.message_user(request, text % values, messages.INFO)
    if refused:
        return HttpResponseRedirect(page_of(CLEAR_LOCK, refused))
    return HttpResponseRedirect(leading_to(jobs))
