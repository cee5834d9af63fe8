"""The page that asks before a lock is cleared: who holds it, whether they live, and what would follow."""

from __future__ import annotations

from collections.abc import Iterable
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
from backoffice.jobs.admin import display
from backoffice.jobs.admin.asking import (
    CANCEL,
    CLEAR_LOCK,
    About,
    GivenReasonForm,
    ask,
    asked_about,
    page_of,
    page_of_runs,
)
from backoffice.jobs.admin.controls import Control
from backoffice.jobs.models import Job, Lease


class ClearForm(GivenReasonForm):
    def __init__(self, *args: Any, may_force: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if may_force:
            self.fields["force"] = forms.BooleanField(
                label=gettext_lazy("Clear it though its holder lives"),
                required=False,
                help_text=gettext_lazy(
                    "The run is recorded as interrupted and can change nothing more in these tables; its process is "
                    "ended with its next sign of life. Until then the job may run twice."
                ),
            )


def page(model_admin: ModelAdmin[Any], request: HttpRequest) -> HttpResponse:
    jobs = asked_about(request)
    now = timezone.now()
    leases = {job: control.leases_held(job) for job in jobs}
    lives = any(lease.is_held for held in leases.values() for lease in held)
    may_force = lives and cast(User, request.user).has_perm(control.FORCE_CLEAR_LOCK)
    form = ClearForm(request.POST or None, may_force=may_force)
    if request.method == "POST" and form.is_valid():
        return _clear(model_admin, request, jobs, form.cleaned_data["reason"], now)
    abouts = [about(job, leases[job], now) for job in jobs]
    title = ngettext("Clear the lock of this job?", "Clear the locks of these %(count)d jobs?", len(jobs))
    can_be_done = may_force or not all(_refused(held) for held in leases.values())
    return ask(
        model_admin,
        request,
        abouts,
        form if can_be_done else None,
        title=title % {"count": len(jobs)},
        button=_("Clear the lock"),
        controls=_instead(cast(User, request.user), leases.values()),
    )


def about(job: Job, leases: list[Lease], now: datetime) -> About:
    found = About(job)
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
        found.remarks.append(_what_follows(lease))
    if control.has_stock_lock(job):
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


def _what_follows(lease: Lease) -> tuple[str, str]:
    if lease.is_held:
        return "bad", _("Its holder lives, so the lock is not cleared. It is free as soon as the run has ended.")
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
            was_locked = control.clear_lock(
                job, now, by=cast(User, request.user), reason=reason, force="force" in request.POST
            )
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
    if len(jobs) == 1:
        return HttpResponseRedirect(reverse("admin:jobs_job_change", args=[jobs[0].pk]))
    return HttpResponseRedirect(reverse("admin:jobs_job_changelist"))
