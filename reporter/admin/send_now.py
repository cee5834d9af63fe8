"""The page that asks before a report is sent: to how many people, when it was sent last, and what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.jobs.admin import display
from backoffice.jobs.admin.asking import About, Question, ReasonForm, ask, ids_in
from backoffice.jobs.admin.base import insist, user_of
from reporter import control
from reporter.admin.base import NOTHING, moment_in, next_due, people
from reporter.audience import reader_count
from reporter.board import Counts, State, counts_of, state_of
from reporter.models import Edition, Report
from reporter.models.choices import UNFINISHED

# Editions under way that are named of each report.
MOST_UNFINISHED = 5


@dataclass
class Known:
    """What is asked once for all the reports of a page, whatever their number; rights once for each owner."""

    missing: dict[Report, str]  # why one cannot be sent; empty if it can be
    last: dict[int, Edition]  # the last finished edition, by its own id
    counts: dict[int, Counts]  # of these
    unfinished: dict[Report, list[Edition]]
    obstacle: str  # why nothing at all is sent; empty if it is

    @classmethod
    def of(cls, reports: list[Any], now: datetime) -> Self:
        light = Edition.objects.for_readers().defer("html", "text")
        last = light.in_bulk([report.last_pk for report in reports if report.last_pk])
        unfinished: dict[Report, list[Edition]] = {report: [] for report in reports}
        for edition in light.filter(report__in=reports, state__in=UNFINISHED).select_related("report"):
            unfinished[edition.report].append(edition)
        return cls(
            {report: control.what_is_missing(report, report.readers) for report in reports},
            last,
            counts_of(list(last.values()), now),
            unfinished,
            control.why_nothing_is_sent(),
        )


def page(model_admin: ModelAdmin[Any], request: HttpRequest) -> HttpResponse:
    insist(request, control.SEND, "reporter.view_report")
    reports = _asked_about(request)
    form = ReasonForm.of(request)
    if request.method == "POST" and form.is_valid():
        return _send(model_admin, request, reports, form.cleaned_data["reason"])
    now = timezone.now()
    known = Known.of(reports, now)
    title = ngettext("Send this report now?", "Send these %(count)d reports now?", len(reports))
    question = Question(
        title=title % {"count": len(reports)},
        button=_("Send now"),
        abouts=[about(report, known, now) for report in reports],
        form=form if not all(known.missing.values()) else None,
        back=_back(reports),
        hidden=[("report", report.pk) for report in reports],
    )
    return ask(model_admin, request, question)


def _asked_about(request: HttpRequest) -> list[Report]:
    """The owners are prefetched, not joined: one who owns several is one object, whose rights are read once."""
    done = Edition.objects.for_readers().filter(report=OuterRef("pk")).exclude(state__in=UNFINISHED)
    rows = Report.objects.filter(pk__in=ids_in(request, "report")).annotate(
        readers=reader_count(), last_pk=Subquery(done.order_by("-pk").values("pk")[:1])
    )
    reports = list(rows.prefetch_related("owner", "sections").order_by("name"))
    if not reports:
        raise Http404
    return reports


def about(report: Any, known: Known, now: datetime) -> About:
    facts = [
        (_("goes to"), people(report.readers)),
        *_last_sending(report, known, now),
        (_("next due"), next_due(report)),
    ]
    remarks = [("bad", text) for text in (known.missing[report], known.obstacle) if text]
    for edition in known.unfinished[report][:MOST_UNFINISHED]:
        text = _("The edition of %(day)s is not finished: %(state)s.")
        remarks.append(("odd", text % {"day": edition.local_date, "state": edition.get_state_display()}))
    if not remarks:
        remarks.append(
            ("quiet", _("It goes to all of them at once, whatever their own times. Its timetable does not move."))
        )
    return About(str(report), reverse("admin:reporter_report_change", args=[report.pk]), facts, remarks)


def _last_sending(report: Any, known: Known, now: datetime) -> list[tuple[str, Any]]:
    last = known.last.get(report.last_pk)
    if last is None:
        return [(_("last sending"), _("It has not been sent yet."))]
    state, words = state_of(last, known.counts.get(last.pk, Counts()), now)
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
            "%(count)d report will be sent within seconds.",
            "%(count)d reports will be sent within seconds.",
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
