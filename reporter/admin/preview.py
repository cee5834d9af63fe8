"""Looking at a report before it goes: for any day and recipient, and as a test to oneself."""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import Any

from csp.decorators import csp
from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.clickjacking import xframe_options_sameorigin

from backoffice.jobs.admin.base import insist, user_of
from backoffice.jobs.timetable import UNREADABLE
from reporter import control, previews
from reporter.admin.mail_policy import MAIL_POLICY
from reporter.control.testing import Preview, default_day
from reporter.models import Recipient, Report

VIEWS = ("desk", "phone", "text")

# Readers whom the browser offers while one types: the page takes no longer where there are thousands.
OFFERED = 200

# How far from today it may be looked at.
FARTHEST = timedelta(days=3660)


class PreviewForm(forms.Form):
    day = forms.DateField(
        label=gettext_lazy("As it is sent on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("The day decides about its period."),
    )
    recipient = forms.CharField(
        label=gettext_lazy("goes to"),
        required=False,
        help_text=gettext_lazy("The e-mail address of somebody who gets it; empty: nobody yet."),
        widget=forms.TextInput(attrs={"type": "search", "size": 32, "list": "readers", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, report: Report, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.readers = Recipient.objects.receiving(report).order_by("name")

    def clean_recipient(self) -> Recipient | None:
        address = self.cleaned_data["recipient"]
        reader = self.readers.filter(address__iexact=address).first() if address else None
        if address and reader is None:
            raise forms.ValidationError(_("Nobody with this address gets the report."))
        return reader

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if abs(day - timezone.localdate()) > FARTHEST:
            raise forms.ValidationError(_("Choose a day within ten years of today."))
        return day


def page(model_admin: ModelAdmin[Any], request: HttpRequest, pk: int) -> HttpResponse:
    """Builds it as of today and for the first recipient, unless the form says otherwise, and leads to it."""
    insist(request, control.PREVIEW, "reporter.view_report")
    report = get_object_or_404(Report, pk=pk)
    form = PreviewForm(request.GET if "day" in request.GET else _to_begin_with(report), report=report)
    if not form.is_valid():
        return _show(model_admin, request, report, form, None, "")
    shown = control.preview(
        report, form.cleaned_data["day"], form.cleaned_data["recipient"], user_of(request), timezone.now()
    )
    token = previews.keep(shown, report.pk, user_of(request).pk)
    chosen = form.cleaned_data["recipient"]
    query = {"day": form.cleaned_data["day"].isoformat(), "recipient": chosen.address if chosen else ""}
    return HttpResponseRedirect(reverse("admin:reporter_report_preview_kept", args=[pk, token], query=query))


def _to_begin_with(report: Report) -> dict[str, Any]:
    try:
        day = default_day(report, timezone.now())
    except UNREADABLE:  # above all a zone that is none
        day = timezone.localdate()
    readers = Recipient.objects.receiving(report).order_by("name")
    return {"day": day, "recipient": readers.values_list("address", flat=True).first()}


def kept_page(model_admin: ModelAdmin[Any], request: HttpRequest, pk: int, token: str) -> HttpResponse:
    report = _report_for(request, pk)
    preview = previews.find(token, pk, user_of(request).pk)
    if preview is None:
        model_admin.message_user(request, _("That preview is not kept any more: here is a new one."), messages.INFO)
        query = {name: request.GET[name] for name in ("day", "recipient") if name in request.GET}
        return HttpResponseRedirect(reverse("admin:reporter_report_preview", args=[pk], query=query))
    form = PreviewForm(request.GET if "day" in request.GET else _to_begin_with(report), report=report)
    form.is_valid()
    return _show(model_admin, request, report, form, preview, token)


def _show(
    model_admin: ModelAdmin[Any],
    request: HttpRequest,
    report: Report,
    form: PreviewForm,
    preview: Preview | None,
    token: str,
) -> TemplateResponse:
    user = user_of(request)
    view = request.GET.get("view", "")
    offered = list(form.readers[: OFFERED + 1])
    context = model_admin.admin_site.each_context(request) | {
        "opts": model_admin.opts,
        "title": _("Preview"),
        "report": report,
        "form": form,
        "offered": offered[:OFFERED],
        "are_more": len(offered) > OFFERED,
        "preview": preview,
        "token": token,
        "files": [(number, name, len(content)) for number, (name, content) in enumerate(preview.files)]
        if preview
        else [],
        "view": view if view in VIEWS else VIEWS[0],
        "query": urlencode({name: form[name].value() or "" for name in form.fields}),
        "may_test": user.has_perm(control.TEST),
        "may_send": user.has_perm(control.SEND),
        "address": user.email,
    }
    return TemplateResponse(request, "admin/reporter/preview.html", context)


def _report_for(request: HttpRequest, pk: int) -> Report:
    """The report, for those who may look at it and still see its data."""
    insist(request, control.PREVIEW, "reporter.view_report")
    report = get_object_or_404(Report, pk=pk)
    if not control.may_see(user_of(request), report):
        raise PermissionDenied
    return report


def _found(request: HttpRequest, pk: int, token: str) -> Preview:
    _report_for(request, pk)
    preview = previews.find(token, pk, user_of(request).pk)
    if preview is None:
        raise Http404
    return preview


@xframe_options_sameorigin
@csp(MAIL_POLICY)  # type: ignore[arg-type]
def mail(request: HttpRequest, pk: int, token: str) -> HttpResponse:
    """The frame: in a sandbox, with a policy of its own."""
    return HttpResponse(_found(request, pk, token).html)


def file(request: HttpRequest, pk: int, token: str, number: int) -> FileResponse:
    files = _found(request, pk, token).files
    if number >= len(files):
        raise Http404
    return _download(*files[number])


def whole_mail(request: HttpRequest, pk: int, token: str) -> FileResponse:
    preview = _found(request, pk, token)
    if not preview.mail:
        raise Http404
    return _download("preview.eml", preview.mail)


def _download(name: str, content: bytes) -> FileResponse:
    return FileResponse(io.BytesIO(content), as_attachment=True, filename=name, content_type="application/octet-stream")


def send_test(model_admin: ModelAdmin[Any], request: HttpRequest, pk: int) -> HttpResponse:
    report = get_object_or_404(Report, pk=pk)
    if request.method != "POST":
        raise PermissionDenied
    insist(request, control.TEST, "reporter.view_report")
    form = PreviewForm(request.POST, report=report)
    day = form.cleaned_data["day"] if form.is_valid() else _to_begin_with(report)["day"]
    query = {"day": day.isoformat(), "recipient": request.POST.get("recipient", "")}
    user = user_of(request)
    try:
        control.send_test(report, day, user, timezone.now())
    except control.NotSent as error:
        model_admin.message_user(request, with_way_to_address(str(error), user), messages.ERROR)
    else:
        text = _("A test will be sent to %(address)s within seconds, and to nobody else.") % {"address": user.email}
        model_admin.message_user(request, text, messages.SUCCESS)
        if obstacle := control.why_nothing_is_sent():
            model_admin.message_user(request, obstacle, messages.WARNING)
    if not user.has_perm(control.PREVIEW):
        return HttpResponseRedirect(reverse("admin:reporter_report_change", args=[pk]))
    return HttpResponseRedirect(reverse("admin:reporter_report_preview", args=[pk], query=query))


def with_way_to_address(text: str, user: User) -> str:
    """With a link to their own page for those who have no address and may enter it."""
    if user.email or not user.has_perm("auth.change_user"):
        return text
    return format_html(
        '{} <a href="{}">{}</a>', text, reverse("admin:auth_user_change", args=[user.pk]), _("Enter it here.")
    )
