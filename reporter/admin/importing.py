"""The page on which recipients are taken in from a file: it shows what would change before anything does."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from backoffice.jobs.admin.base import insist, user_of
from reporter import control
from reporter.admin.audience_forms import UploadForm

# Rows of a kind that the page shows; the numbers count all.
SHOWN = 200


@require_http_methods(["GET", "HEAD", "POST"])
def import_view(request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> HttpResponse:
    """GET asks for a file; POST with a file shows what it would do; POST with ``seen`` does it."""
    insist(request, control.IMPORT)
    if "seen" in request.POST:
        return _import(model_admin, request)
    form = UploadForm(request.POST or None, request.FILES or None)
    if not (request.method == "POST" and form.is_valid()):
        return _page(model_admin, request, form=form)
    file = form.cleaned_data["file"]
    try:
        text, encoding = control.decoded(file.read())
        return _preview(model_admin, request, text, file.name, encoding=encoding)
    except control.UnreadableFile as error:
        form.add_error("file", str(error))
        return _page(model_admin, request, form=form)


def _preview(
    model_admin: admin.ModelAdmin[Any], request: HttpRequest, text: str, name: str, *, encoding: str = ""
) -> HttpResponse:
    """What the file would do. It travels in the page: nothing of it is kept here."""
    plan = control.look_at(control.read(text), user_of(request))
    if encoding == "gb18030":
        plan.remarks.insert(0, _("It was read as GB18030 (Chinese). If names look wrong, save it as “CSV UTF-8”."))
    return _page(model_admin, request, plan=plan, text=text, file_name=name, limit=SHOWN)


def _import(model_admin: admin.ModelAdmin[Any], request: HttpRequest) -> HttpResponse:
    text, name = request.POST.get("text", ""), request.POST.get("file_name", "")
    seen = request.POST["seen"]
    try:
        plan = control.import_recipients(control.read(text), user_of(request), seen, name)
    except control.UnreadableFile as error:
        model_admin.message_user(request, str(error), messages.ERROR)
        return HttpResponseRedirect(reverse("admin:reporter_recipient_import"))
    except control.ChangedMeanwhile:
        told = _("Somebody has changed recipients meanwhile. Nothing was imported; this is what it would do now.")
        model_admin.message_user(request, told, messages.WARNING)
        return _preview(model_admin, request, text, name)
    told = _("Recipients: %(added)d added, %(changed)d changed, %(unchanged)d unchanged.") % {
        "added": len(plan.added),
        "changed": len(plan.changed),
        "unchanged": len(plan.unchanged),
    }
    model_admin.message_user(request, told, messages.SUCCESS)
    return HttpResponseRedirect(reverse("admin:reporter_recipient_changelist"))


def _page(model_admin: admin.ModelAdmin[Any], request: HttpRequest, **context: Any) -> HttpResponse:
    context |= model_admin.admin_site.each_context(request) | {
        "opts": model_admin.model._meta,
        "title": _("Import recipients"),
    }
    return TemplateResponse(request, "admin/reporter/recipient/import.html", context)
