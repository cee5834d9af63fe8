"""The page that pauses reports until a day, and the action that ends the pause."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from backoffice.jobs.admin.asking import About, AskingForm, Question, ask, ids_in
from backoffice.jobs.admin.base import MixinBase, user_of
from reporter import control
from reporter.admin.base import moment_in, next_due
from reporter.models import Report

PAUSE = "reporter_report_pause"


def pause_words(report: Report) -> str:
    """Until when, by whom, and why."""
    text = gettext("paused until %(moment)s") % {"moment": moment_in(report.zone, report.paused_until)}
    details = ", ".join(str(detail) for detail in (report.paused_by, report.paused_reason) if detail)
    return f"{text} ({details})" if details else text


class PauseForm(AskingForm):
    until = forms.DateField(
        label=_("sent again from"),
        help_text=_("The first day on which it is sent again, in the time zone of the report. "
                    "What would have been due before is not made up for."),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip
    reason = forms.CharField(
        label=_("reason"),
        max_length=200,
        required=False,
        help_text=_("Is shown in the list of reports."),
        widget=forms.TextInput({"class": "vTextField"}),
    )


class PausesReports(MixinBase):
    def has_pause_permission(self, request: HttpRequest) -> bool:
        return user_of(request).has_perm(control.CHANGE_REPORT)

    def get_urls(self) -> list[URLPattern]:
        page = path("pause/", self.admin_site.admin_view(self.pause_view), name=PAUSE)
        return [page, *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        report = kwargs.get("obj")
        context["is_paused"] = bool(report and report.is_paused(timezone.now()))
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.action(description=_("Pause until a day …"), permissions=["pause"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Report]) -> HttpResponse:
        """Leads to the page that asks until when; nothing is done before."""
        reports = list(queryset.order_by("name").values_list("pk", flat=True))
        return HttpResponseRedirect(reverse(f"admin:{PAUSE}", query={"report": reports}))

    @admin.action(description=_("End the pause"), permissions=["pause"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Report]) -> None:
        user, now = user_of(request), timezone.now()
        count = sum(control.resume(report, user, now) for report in queryset)
        text = ngettext("%(count)d pause was ended.", "%(count)d pauses were ended.", count) % {"count": count}
        self.message_user(request, text, messages.SUCCESS if count else messages.WARNING)

    def pause_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_pause_permission(request):
            raise PermissionDenied
        reports, now = _asked_about(request), timezone.now()
        tomorrow = timezone.localdate() + timedelta(days=1)
        form = PauseForm.of(request, initial={"until": tomorrow})
        if request.method == "POST" and form.is_valid() and _pause_all(request, reports, form):
            text = ngettext("%(count)d report is paused.", "%(count)d reports are paused.", len(reports))
            self.message_user(request, text % {"count": len(reports)}, messages.SUCCESS)
            return HttpResponseRedirect(reverse("admin:reporter_report_changelist"))
        question = Question(
            title=gettext("Pause"),
            button=gettext("Pause"),
            abouts=[_about(report, now) for report in reports],
            form=form,
            back=reverse("admin:reporter_report_changelist"),
            hidden=[("report", report.pk) for report in reports],
        )
        return ask(self, request, question)


def _about(report: Report, now: datetime) -> About:
    facts = [(gettext("time zone"), report.zone), (gettext("next due"), next_due(report))]
    if report.is_paused(now):
        facts.append((gettext("state"), pause_words(report)))
    return About(report.name, reverse("admin:reporter_report_change", args=[report.pk]), facts)


def _asked_about(request: HttpRequest) -> list[Report]:
    reports = list(Report.objects.filter(pk__in=ids_in(request, "report")).select_related("paused_by"))
    if not reports:
        raise Http404
    return reports


def _pause_all(request: HttpRequest, reports: list[Report], form: PauseForm) -> bool:
    """All of them or none: what keeps one from being paused is said at the day."""
    data, user = form.cleaned_data, user_of(request)
    try:
        with transaction.atomic():
            for report in reports:
                control.pause(report, user, data["until"], data["reason"], timezone.now())
    except control.NotPaused as error:
        form.add_error("until", str(error))
        return False
    return True
