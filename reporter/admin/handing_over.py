"""The page on which all that somebody receives is handed to a successor: first whom, then what, then it is done."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from backoffice.jobs.admin.base import insist, user_of
from reporter import control
from reporter.admin.audience_forms import HandOverForm, SuccessorForm
from reporter.models import Recipient

# Addresses that the browser offers while one types.
OFFERED = 200


@require_http_methods(["GET", "HEAD", "POST"])
def hand_over_view(request: HttpRequest, model_admin: admin.ModelAdmin[Any], pk: int) -> HttpResponse:
    """GET asks for the successor and shows what would move; POST does it."""
    insist(request, control.HAND_OVER)
    recipient = get_object_or_404(Recipient, pk=pk)
    chosen = SuccessorForm({"to": request.POST.get("to")} if request.method == "POST" else request.GET or None)
    successor = cast(Recipient, chosen.cleaned_data["to"]) if chosen.is_bound and chosen.is_valid() else None
    form = HandOverForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and successor and form.is_valid():
        return _do(model_admin, request, recipient, successor, form)
    return _page(model_admin, request, recipient, successor, chosen, form)


def _do(
    model_admin: admin.ModelAdmin[Any],
    request: HttpRequest,
    recipient: Recipient,
    successor: Recipient,
    form: HandOverForm,
) -> HttpResponse:
    page = reverse("admin:reporter_recipient_change", args=[successor.pk])
    try:
        done = control.hand_over(recipient, successor, user_of(request), **form.cleaned_data)
    except control.NotHandedOver as error:
        model_admin.message_user(request, str(error), messages.ERROR)
        page = reverse("admin:reporter_recipient_hand_over", args=[recipient.pk], query={"to": successor.address})
        return HttpResponseRedirect(page)
    text = _("%(to)s has taken over from %(from)s. Subscriptions: %(reports)d, groups: %(groups)d, mails: %(waiting)d.")
    words = {
        "to": successor.name,
        "from": recipient.name,
        "reports": len(done.moving) + len(done.merged),
        "groups": len(done.groups),
        "waiting": done.waiting,
    }
    model_admin.message_user(request, text % words, messages.SUCCESS)
    return HttpResponseRedirect(page)


def _page(
    model_admin: admin.ModelAdmin[Any],
    request: HttpRequest,
    recipient: Recipient,
    successor: Recipient | None,
    chosen: SuccessorForm,
    form: HandOverForm,
) -> HttpResponse:
    handover = control.what_moves(recipient, successor) if successor else None
    problem = control.problem_with(handover, user_of(request)) if handover else ""
    others = Recipient.objects.filter(is_active=True).exclude(pk=recipient.pk)
    context = model_admin.admin_site.each_context(request) | {
        "opts": Recipient._meta,
        "title": _("Hand over what %(name)s receives") % {"name": recipient.name},
        "recipient": recipient,
        "successor": successor,
        "chosen": chosen,
        "form": form,
        "handover": handover,
        "problem": problem,
        "offered": [] if successor else others.order_by("name")[:OFFERED],
    }
    return TemplateResponse(request, "admin/reporter/recipient/hand_over.html", context)
