"""Pages that ask before something is done: what is known, what would follow, and why it is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from django import forms
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    from backoffice.jobs.admin.controls import Control


@dataclass
class About:
    """What a page says of one thing: facts with their names, and remarks with their gravity."""

    title: str
    url: str
    facts: list[tuple[str, Any]] = field(default_factory=list)
    remarks: list[tuple[str, str]] = field(default_factory=list)


class AskingForm(forms.Form):
    @classmethod
    def of(cls, request: HttpRequest, **values: Any) -> Self:
        """Filled in with what was sent, if anything was, be it nothing but a press of the button."""
        return cls(request.POST if request.method == "POST" else None, **values)


class ReasonForm(AskingForm):
    reason = forms.CharField(
        label=_("reason"),
        max_length=200,
        required=False,
        help_text=_("Is kept in the history, for those who look later."),
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )


class GivenReasonForm(ReasonForm):
    """Where others will want to know why."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = True


@dataclass
class Question:
    """``hidden``: what it is about, as the form sends it along. Without a form there is nothing to be done;
    ``controls`` lead to what may be done instead."""

    title: str
    button: str
    abouts: list[About]
    form: forms.Form | None
    back: str
    hidden: list[tuple[str, Any]] = field(default_factory=list)
    controls: Sequence[Control] = ()


def ids_in(request: HttpRequest, name: str) -> list[int]:
    """The ids that stand under ``name`` in an address or, when it is sent, in the form; what is none is left out."""
    source = request.POST if request.method == "POST" else request.GET
    return [int(text) for text in source.getlist(name) if text.isdecimal() and len(text) < 19]


def ask(model_admin: ModelAdmin[Any], request: HttpRequest, question: Question) -> TemplateResponse:
    context = model_admin.admin_site.each_context(request)
    context |= {"opts": model_admin.opts, "title": question.title, "question": question}
    return TemplateResponse(request, "admin/asking/page.html", context)
