"""The one public page: where the link of a mail leads."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from reporter import control

# The field of the button that takes it back. Mail programs, which press the other one, do not send it.
AGAIN = "subscribe-again"


@csrf_exempt  # the token is what allows it; mail programs that press the button for a reader have no cookies
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str = "") -> HttpResponse:
    """GET tells and asks, and changes nothing: scanners follow links. POST does it, however often it comes."""
    asked = control.asked_by(token)
    if asked is None:
        return _page(request, {}, status=404)
    is_back = False
    if AGAIN in request.POST:
        is_back = control.subscribe_again(asked)
    elif request.method == "POST":
        control.unsubscribe(asked, timezone.now())
    with translation.override(asked.recipient.language or asked.report.language):
        context = {"asked": asked, "address": _masked(asked.recipient.address), "is_back": is_back, "again": AGAIN}
        return _page(request, context)


def _page(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    response = render(request, "reporter/unsubscribe.html", context, status=status)
    response["Content-Language"] = translation.get_language()  # which need not be that of the browser
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"  # the address of the page is a key
    return response


def _masked(address: str) -> str:
    """Enough to know one's own address by: a mail may have been handed on."""
    local, _at, domain = address.rpartition("@")
    return f"{local[:2]}…@{domain}"
