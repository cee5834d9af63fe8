"""What a person may do to a job or a run, as links to the pages that ask: in lists, on pages and on the dashboard."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from backoffice.jobs import control
from backoffice.jobs.admin import pages, pauses
from backoffice.jobs.admin.pages import page_of, page_of_runs
from backoffice.jobs.models import Job, Pause, Run
from backoffice.jobs.models.choices import UNFINISHED


@dataclass(frozen=True)
class Control:
    url: str
    text: str


def controls_of_job(job: Job, user: User, now: datetime) -> list[Control]:
    """``job`` with its leases and pauses, and whether django-cron's own table has it locked."""
    found = []
    living = [lease for lease in job.leases.all() if lease.is_held]
    runs = [lease.run_id for lease in living if lease.run_id]
    if user.has_perm(control.RUN_JOB):
        found.append(Control(page_of(pages.RUN_NOW, [job.pk]), _("Run now")))
    if runs and user.has_perm(control.CANCEL_RUN):
        found.append(Control(page_of_runs(pages.CANCEL, runs), _("Cancel the run")))
    if user.has_perm(control.PAUSE_JOB):
        if pauses.own(job, now):
            found.append(Control(page_of(pages.RESUME, [job.pk]), _("Resume")))
        elif job.is_listed:
            found.append(Control(page_of(pages.PAUSE, [job.pk]), _("Pause")))
    if user.has_perm(control.CLEAR_LOCK) and _can_be_cleared(job, user):
        found.append(Control(page_of(pages.CLEAR_LOCK, [job.pk]), _("Clear the lock")))
    return found


def _can_be_cleared(job: Job, user: User) -> bool:
    """Whether somebody left its lock behind; that of a holder who lives is cleared by those who may force it."""
    held = [lease for lease in job.leases.all() if lease.token]
    if any(lease.is_held for lease in held):
        return user.has_perm(control.FORCE_CLEAR_LOCK)
    return bool(held) or getattr(job, "has_stock_lock", False)


def controls_of_run(run: Run, user: User) -> list[Control]:
    if run.shown_status in UNFINISHED:
        is_wanted = run.cancel_requested_at is None and user.has_perm(control.CANCEL_RUN)
        return [Control(page_of_runs(pages.CANCEL, [run.pk]), _("Cancel the run"))] if is_wanted else []
    if not user.has_perm(control.RUN_JOB):
        return []
    return [Control(page_of_runs(pages.RUN_AGAIN, [run.pk]), _("Run again"))]


def controls_of_all(user: User, overall: Pause | None) -> list[Control]:
    """What can be done to all jobs at once; ``overall`` is their pause."""
    if not user.has_perm(control.PAUSE_JOB):
        return []
    if overall:
        return [Control(reverse(f"admin:{pages.RESUME}", query={"job": pages.ALL}), _("Resume all jobs"))]
    return [Control(reverse(f"admin:{pages.PAUSE}", query={"job": pages.ALL}), _("Pause all jobs"))]


def drawn(controls: list[Control]) -> SafeString:
    return format_html_join("", '<a class="control" href="{}">{}</a>', ((one.url, one.text) for one in controls))
