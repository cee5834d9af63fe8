"""The cards of the first page: what runs now, what failed last, what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from backoffice.jobs import control
from backoffice.jobs.admin import display
from backoffice.jobs.admin.controls import Control, controls_of_all, controls_of_run
from backoffice.jobs.admin.pages import RESUME, page_of
from backoffice.jobs.models import Job, Pause, Run, RunStatus
from backoffice.jobs.overview import Overview, overview


@dataclass(frozen=True)
class Row:
    """What it is about, what is told of it, and what can be done."""

    head: str
    aside: str
    detail: str = ""
    controls: tuple[Control, ...] = ()


@dataclass(frozen=True)
class Card:
    title: str
    link: str
    rows: list[Row]
    nothing: str  # what is said where there are no rows


@dataclass(frozen=True)
class Dashboard:
    cards: list[Card]
    overall: str  # who has paused all jobs, until when and why; empty if nobody has
    controls: list[Control]
    scheduler: tuple[str, str]
    waits_long: bool


def dashboard(user: User, now: datetime) -> Dashboard:
    seen = overview(now)
    overall = next((pause for pause in seen.pauses if pause.job_id is None), None)
    cards = [_running(seen, user, now), _failed(seen, user, now), _coming(seen, now)]
    if own := [pause for pause in seen.pauses if pause.job_id]:
        cards.append(_paused(own, user, now))
    return Dashboard(
        cards=cards,
        overall=control.pause_words(overall) if overall else "",
        controls=controls_of_all(user, overall) if overall else [],
        scheduler=_scheduler(seen, now),
        waits_long=seen.waits_long,
    )


def _running(seen: Overview, user: User, now: datetime) -> Card:
    rows = [_running_row(run, user, now) for run in [*seen.running, *seen.waiting]]
    link = reverse("admin:jobs_run_changelist", query={"state": RunStatus.RUNNING})
    return Card(_("Running now"), link, rows, _("Nothing runs."))


def _running_row(run: Run, user: User, now: datetime) -> Row:
    begun = run.started_at or run.queued_at
    aside = format_html("{} {}", display.status_badge(run.shown_status), display.took(now - begun))
    detail = _("started by: %(cause)s") % {"cause": display.cause(run)}
    return Row(display.link(run), aside, detail, tuple(controls_of_run(run, user)))


def _failed(seen: Overview, user: User, now: datetime) -> Card:
    link = reverse("admin:jobs_run_changelist", query={"state": "trouble"})
    rows = [_failed_row(run, user, now) for run in seen.failed]
    return Card(_("Failed last"), link, rows, _("Nothing failed in the last 24 hours."))


def _failed_row(run: Run, user: User, now: datetime) -> Row:
    """A job that has succeeded since needs no attention, and is not run again from here."""
    is_over = not run.job.failures_in_a_row
    state = display.badge("good", _("succeeded since")) if is_over else display.status_badge(run.shown_status)
    aside = format_html("{} {}", state, _ago(run.ended_at or run.queued_at, now))
    return Row(display.link(run), aside, run.summary, () if is_over else tuple(controls_of_run(run, user)))


def _coming(seen: Overview, now: datetime) -> Card:
    rows = [_coming_row(job, now) for job in seen.coming]
    is_paused = any(pause.job_id is None for pause in seen.pauses)
    nothing = _("Nothing: all jobs are paused.") if is_paused else _("Nothing comes due.")
    return Card(_("Next"), reverse("admin:jobs_job_changelist"), rows, nothing)


def _coming_row(job: Job, now: datetime) -> Row:
    assert job.next_due_at
    return Row(display.link(job), display.ahead(job.next_due_at, now), display.moment(job.next_due_at))


def _ago(at: datetime, now: datetime) -> SafeString:
    """In words; the moment itself is a pointer away."""
    return format_html('<span title="{}">{}</span>', display.plain_moment(at), display.ago(at, now))


def _paused(pauses: list[Pause], user: User, now: datetime) -> Card:
    rows = [_paused_row(pause, user, now) for pause in pauses]
    return Card(_("Paused"), reverse("admin:jobs_job_changelist", query={"state": "paused"}), rows, "")


def _paused_row(pause: Pause, user: User, now: datetime) -> Row:
    until = display.ahead(pause.until, now) if pause.until else _("for good")
    may = user.has_perm(control.PAUSE_JOB)
    controls = (Control(page_of(RESUME, [pause.job_id]), _("Resume")),) if may and pause.job_id else ()
    return Row(display.link(pause.job), until, control.pause_words(pause), controls)


def _scheduler(seen: Overview, now: datetime) -> tuple[str, str]:
    """Whether one lives, with the gravity. One that crontab starts lives only while it has something to do."""
    if seen.schedulers:
        hosts = ", ".join(sorted({process.host for process in seen.schedulers}))
        return "good", _("The scheduler lives, on %(hosts)s.") % {"hosts": hosts}
    if seen.last_claim is None:
        return "odd", _("No scheduler lives, and none has started anything yet.")
    text = _("No scheduler looks into the queue just now. The last time that one started something was %(ago)s.")
    return "quiet", text % {"ago": display.ago(seen.last_claim, now)}
