"""Pages that ask before something is done to reports, editions and deliveries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self, cast

from django import forms
from django.contrib.admin import ModelAdmin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _


@dataclass
class About:
    """What a page says of one thing: facts with their names, and remarks with their gravity."""

    title: str
    url: str = ""
    facts: list[tuple[str, Any]] = field(default_factory=list)
    remarks: list[tuple[str, str]] = field(default_factory=list)


class AskingForm(forms.Form):
    @classmethod
    def of(cls, request: HttpRequest) -> Self:
        """Filled in with what was sent, if anything was, be it nothing but a press of the button."""
        return cls(request.POST if request.method == "POST" else None)


class ReasonForm(AskingForm):
    reason = forms.CharField(
        label=_("reason"),
        max_length=200,
        required=False,
        help_text=_("Is kept in the history, for those who look later."),
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )


@dataclass
class Question:
    """``hidden``: what it is about, as the form sends it along. Without a form there is nothing to be done."""

    title: str
    button: str
    abouts: list[About]
    form: forms.Form | None
    back: str
    hidden: list[tuple[str, Any]] = field(default_factory=list)


def ask(model_admin: ModelAdmin[Any], request: HttpRequest, question: Question) -> TemplateResponse:
    context = model_admin.admin_site.each_context(request)
    context |= {"opts": model_admin.opts, "title": question.title, "question": question}
    return TemplateResponse(request, "admin/reporter/ask.html", context)


def user_of(request: HttpRequest) -> User:
    return cast(User, request.user)


def insist(request: HttpRequest, *permissions: str) -> None:
    """Raise PermissionDenied unless the user has all of them."""
    if not user_of(request).has_perms(permissions):
        raise PermissionDenied
