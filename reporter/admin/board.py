"""The morning board and the week ahead, as pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.contrib.admin import ModelAdmin
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from backoffice.jobs.admin.base import insist, user_of
from reporter import control
from reporter.board import Line, State, board, tally
from reporter.models import DeliveryState, Edition, Hold, Why
from reporter.week import week_ahead

SEE = ("reporter.view_report", "reporter.view_edition")


@dataclass(frozen=True)
class Step:
    """What to do next, one click away."""

    url: str
    text: str
    is_quiet: bool = False  # it need not be done


def board_page(model_admin: ModelAdmin[Any], request: HttpRequest) -> TemplateResponse:
    insist(request, *SEE)
    today = timezone.localdate()
    day = _day_in(request) or today
    lines = board(day, timezone.now())
    only = request.GET.get("state", "")
    shown = [line for line in lines if only not in State.values or line.state == only]
    context = model_admin.admin_site.each_context(request) | {
        "opts": model_admin.opts,
        "title": _("Board of %(day)s") % {"day": date_format(day, "DATE_FORMAT")},
        "day": day,
        "today": today,
        "before": day - timedelta(days=1),
        "after": day + timedelta(days=1),
        "only": only,
        "total": len(lines),
        "tally": tally(lines),
        "lines": [(line, next_step(line, request)) for line in shown],
        "obstacle": control.why_nothing_is_sent() if day == today else "",
    }
    return TemplateResponse(request, "admin/reporter/board.html", context)


def next_step(line: Line, request: HttpRequest) -> Step | None:
    """The page that does what this line wants done, for those who may."""
    may = user_of(request).has_perm
    if line.edition is None:
        if line.is_missed and may(control.BACKFILL):
            day = line.at.date().isoformat()
            query = {"first": day, "last": day}
            return Step(reverse("admin:reporter_report_past", args=[line.report.pk], query=query), _("Send it now"))
        if line.state == State.TO_COME and may(control.PREVIEW):
            return Step(reverse("admin:reporter_report_preview", args=[line.report.pk]), _("Preview"), is_quiet=True)
        if line.state == State.LATE and may("jobs.view_job"):
            return Step(reverse("admin:jobs_job_changelist"), _("Look at the scheduler"))
        return None
    if line.is_put_off and may(control.RESEND):
        return Step(reverse("admin:reporter_edition_try_now", args=[line.edition.pk]), _("Try again now"))
    return _of_edition(line, line.edition, request)


def _of_edition(line: Line, edition: Edition, request: HttpRequest) -> Step | None:
    may = user_of(request).has_perm

    def page(name: str, text: str, is_quiet: bool = False) -> Step:
        return Step(reverse(f"admin:reporter_edition_{name}", args=[edition.pk]), text, is_quiet)

    match line.state:
        case State.UNKNOWN if may(control.RESEND):
            return page("decide", _("Decide"))
        case State.FAILED if edition.built_at is None and may(control.SEND):
            return page("build_again", _("Build it again"))
        case State.FAILED | State.PARTLY if edition.built_at and may(control.RESEND):
            return page("resend", _("Send again to those who failed"))
        case State.WAITING if edition.hold == Hold.APPROVAL and may(control.APPROVE):
            return page("release", _("Approve"))
        case State.WAITING if edition.hold == Hold.PERSON and may(control.HOLD):
            return page("release", _("Let it go"))
        case State.WAITING if edition.hold == Hold.OWNER and may(control.CHANGE_REPORT):
            return Step(reverse("admin:reporter_report_change", args=[edition.report_id]), _("Change the report"))
        case State.SENT if edition.why != Why.CORRECTION and may(control.CORRECT):
            return page("correct", _("Correct it"), is_quiet=True)
        case State.LATE if edition.built_at and may("reporter.view_delivery"):
            query = {"edition__id__exact": edition.pk, "state__exact": DeliveryState.PENDING}
            return Step(reverse("admin:reporter_delivery_changelist", query=query), _("See who waits"))
    return None


def week_page(model_admin: ModelAdmin[Any], request: HttpRequest) -> TemplateResponse:
    insist(request, "reporter.view_report", "reporter.view_subscription", "reporter.view_recipient")
    search = request.GET.get("q", "").strip()[:200]
    context = model_admin.admin_site.each_context(request) | {
        "opts": model_admin.opts,
        "title": _("The week ahead"),
        "search": search,
        "days": week_ahead(timezone.now(), search),
    }
    return TemplateResponse(request, "admin/reporter/week.html", context)


def _day_in(request: HttpRequest) -> date | None:
    try:
        day = date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return None
    return day if 2000 <= day.year < 2200 else None
