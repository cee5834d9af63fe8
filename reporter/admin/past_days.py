"""Sending the editions of past days: choose the days, see what would be made, and confirm."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from backoffice.jobs.admin.asking import ReasonForm
from backoffice.jobs.admin.base import insist, user_of
from backoffice.jobs.timetable import UNREADABLE
from reporter import control
from reporter.admin.base import people
from reporter.control.backfill import MOST, MOST_DAYS
from reporter.models import Recipient, Report

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class DaysForm(forms.Form):
    first = forms.DateField(label=gettext_lazy("From"), widget=DAY)
    last = forms.DateField(label=gettext_lazy("To"), widget=DAY)

    def clean_first(self) -> date:
        first: date = self.cleaned_data["first"]
        if first < timezone.localdate() - timedelta(days=MOST_DAYS):
            text = _("No day is sent that lies further back than %(count)d days.") % {"count": MOST_DAYS}
            raise forms.ValidationError(text)
        return first

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if "first" in values and "last" in values and values["last"] < values["first"]:
            self.add_error("last", _("It lies before the first day."))
        return values


def page(model_admin: ModelAdmin[Any], request: HttpRequest, pk: int) -> HttpResponse:
    insist(request, control.BACKFILL, "reporter.view_report")
    report = get_object_or_404(Report.objects.select_related("owner"), pk=pk)
    source = request.POST if request.method == "POST" else request.GET
    days = DaysForm(source if "first" in source else _last_week())
    reason = ReasonForm.of(request)
    found: list[control.PastSlot] = []
    problem = control.what_is_missing(report)
    if days.is_valid():
        try:
            found = control.past_slots(report, days.cleaned_data["first"], days.cleaned_data["last"], timezone.now())
        except UNREADABLE as error:
            problem = _("Its timetable cannot be read: %(reason)s") % {"reason": error}
        if request.method == "POST" and reason.is_valid():
            return _make(model_admin, request, report, days, reason.cleaned_data["reason"])
    context = model_admin.admin_site.each_context(request) | {
        "opts": model_admin.opts,
        "title": _("Send past days"),
        "report": report,
        "days": days,
        "reason": reason,
        "found": found,
        "is_chosen": "first" in source,
        "most": MOST,
        "problem": problem,
        "can_be_made": not problem and any(not past.obstacle for past in found),
        "people": people(Recipient.objects.receiving(report).count()),
    }
    return TemplateResponse(request, "admin/reporter/past_days.html", context)


def _last_week() -> dict[str, date]:
    today = timezone.localdate()
    return {"first": today - timedelta(days=7), "last": today}


def _make(
    model_admin: ModelAdmin[Any], request: HttpRequest, report: Report, days: DaysForm, reason: str
) -> HttpResponse:
    first, last = days.cleaned_data["first"], days.cleaned_data["last"]
    try:
        made = control.backfill(
            report, request.POST.getlist("slot"), user_of(request), reason, timezone.now(), first=first, last=last
        )
    except control.NotSent as error:
        model_admin.message_user(request, str(error), messages.ERROR)
        query = {"first": first.isoformat(), "last": last.isoformat()}
        return HttpResponseRedirect(reverse("admin:reporter_report_past", args=[report.pk], query=query))
    text = ngettext(
        "%(count)d edition will be sent within minutes.", "%(count)d editions will be sent within minutes.", len(made)
    )
    if obstacle := control.why_nothing_is_sent():
        model_admin.message_user(request, obstacle, messages.WARNING)
    else:
        model_admin.message_user(request, text % {"count": len(made)}, messages.SUCCESS)
    query = {"report__id__exact": report.pk}
    return HttpResponseRedirect(reverse("admin:reporter_edition_changelist", query=query))
