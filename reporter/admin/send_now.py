"""The page that asks before a report is sent: to how many people, when it was sent last, and what is wrong."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.jobs.admin import display
from backoffice.jobs.admin.asking import ids_in
from reporter import control
from reporter.admin.asking import About, Question, ReasonForm, ask, insist, user_of
from reporter.admin.base import NOTHING, moment_in, people
from reporter.board import Counts, State, counts_of, state_of
from reporter.models import Edition, Recipient, Report
from reporter.models.choices import UNFINISHED


def page(model_admin: ModelAdmin[Any], request: HttpRequest) -> HttpResponse:
    insist(request, control.SEND, "reporter.view_report")
    reports = list(Report.objects.filter(pk__in=ids_in(request, "report")).select_related("owner"))
    if not reports:
        raise Http404
    form = ReasonForm.of(request)
    if request.method == "POST" and form.is_valid():
        return _send(model_admin, request, reports, form.cleaned_data["reason"])
    abouts = [about(report, timezone.now()) for report in reports]
    can_be_sent = any(not control.what_is_missing(report) for report in reports)
    title = ngettext("Send this report now?", "Send these %(count)d reports now?", len(reports))
    question = Question(
        title=title % {"count": len(reports)},
        button=_("Send now"),
        abouts=abouts,
        form=form if can_be_sent else None,
        back=_back(reports),
        hidden=[("report", report.pk) for report in reports],
    )
    return ask(model_admin, request, question)


def about(report: Report, now: datetime) -> About:
    facts = [
        (_("goes to"), people(Recipient.objects.receiving(report).count())),
        *_last_sending(report, now),
        (_("next due"), moment_in(report.zone, report.next_due_at)),
    ]
    remarks = [("bad", problem)] if (problem := control.what_is_missing(report)) else []
    if obstacle := control.why_nothing_is_sent():
        remarks.append(("bad", obstacle))
    unfinished = Edition.objects.for_readers().filter(report=report, state__in=UNFINISHED)
    for edition in unfinished.defer("html", "text")[:5]:
        text = _("The edition of %(day)s is not finished: %(state)s.")
        remarks.append(("odd", text % {"day": edition.local_date, "state": edition.get_state_display()}))
    if not remarks:
        remarks.append(
            ("quiet", _("It goes to all of them at once, whatever their own times. Its timetable does not move."))
        )
    return About(str(report), reverse("admin:reporter_report_change", args=[report.pk]), facts, remarks)


def _last_sending(report: Report, now: datetime) -> list[tuple[str, Any]]:
    done = Edition.objects.for_readers().filter(report=report).exclude(state__in=UNFINISHED)
    last = done.defer("html", "text").order_by("-pk").first()
    if last is None:
        return [(_("last sending"), _("It has not been sent yet."))]
    state, words = state_of(last, counts_of([last], now).get(last.pk, Counts()), now)
    link = display.link(last, moment_in(last.zone, last.finished_at) if last.finished_at else NOTHING)
    return [(_("last sending"), link), (_("what became of it"), f"{State(state).label}: {words}")]


def _send(model_admin: ModelAdmin[Any], request: HttpRequest, reports: list[Report], reason: str) -> HttpResponse:
    asked_for = []
    for report in reports:
        try:
            asked_for.append(control.send_now(report, user_of(request), reason))
        except control.NotSent as error:
            model_admin.message_user(request, str(error), messages.WARNING)
    if asked_for and (obstacle := control.why_nothing_is_sent()):
        model_admin.message_user(request, obstacle, messages.WARNING)
    elif asked_for:
        text = ngettext(
            "%(count)d report will be sent within minutes.",
            "%(count)d reports will be sent within minutes.",
            len(asked_for),
        )
        model_admin.message_user(request, text % {"count": len(asked_for)}, messages.SUCCESS)
    if len(asked_for) == 1 and user_of(request).has_perm("reporter.view_edition"):
        return HttpResponseRedirect(reverse("admin:reporter_edition_change", args=[asked_for[0].pk]))
    return HttpResponseRedirect(_back(reports))


def _back(reports: list[Report]) -> str:
    if len(reports) == 1:
        return reverse("admin:reporter_report_change", args=[reports[0].pk])
    return reverse("admin:reporter_report_changelist")
