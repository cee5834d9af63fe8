"""Choosing a dataset for a section: who may choose which, whose rights the report has, and the dataset's parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.jobs.admin.base import MixinBase, user_of
from reporter.datasets import base
from reporter.datasets.rights import refused
from reporter.datasets.sql.parameters import parse_values
from reporter.models import Report, ReportSection

if TYPE_CHECKING:
    InlineBase = admin.TabularInline
else:
    InlineBase = object


class SectionDatasetForm(forms.ModelForm):
    """What the forms of a section do about its dataset; the field itself is theirs.

    ``user`` is who fills the form in. ``report`` is the section's, with the owner that it is about to get.
    """

    user: User | None = None  # set on the class, which is made for each request
    known: list[tuple[str, str]]

    parameters_text = forms.CharField(
        label=gettext_lazy("Parameters"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "cols": 24, "class": "code", "spellcheck": "false"}),
        help_text=gettext_lazy("What the dataset wants to know, a line each: minimum = 10"),
    )

    def __init__(self, *args: Any, report: Report | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._report = report
        self.initial["parameters_text"] = text_of(self.instance)

    def offered(self) -> list[tuple[str, str]]:
        """What may be chosen, and what is chosen already; looked up once for all sections of a page."""
        form = type(self)
        known = form.__dict__.get("known") or base.choices(form.user)
        if "user" in form.__dict__:  # the class of a request; one above it would keep them for ever
            form.known = known
        offered, chosen = [*known], self.instance.dataset
        dataset = base.find(chosen) if chosen and chosen not in dict(offered) else None
        return [*offered, (chosen, str(dataset.title))] if dataset else offered

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        dataset = base.find(data.get("dataset") or "")
        if dataset is None:
            return data
        if self.user is not None and not dataset.allowed_to(self.user):
            self.add_error("dataset", _("You may not use this dataset. Ask an administrator for the permission."))
        owner = self._owner(data)
        if owner is not None and not dataset.allowed_to(owner):
            text = _("The report runs with the rights of its owner, %(owner)s, who may not use this dataset.")
            self.add_error("dataset", ValidationError(text, params={"owner": owner}))
        try:
            self.instance.parameters = parse_values(dataset.parameters, data.get("parameters_text") or "")
        except ValidationError as error:
            self.add_error("parameters_text", error)
        return data

    def _owner(self, data: dict[str, Any]) -> User | None:
        report: Report | None = self._report or data.get("report")
        if report is None and self.instance.pk:
            report = self.instance.report
        return report.owner if report else None


def text_of(section: ReportSection) -> str:
    """The parameters as people write them."""
    return "\n".join(f"{name} = {value}" for name, value in section.parameters.items())


class SectionFormSet(BaseInlineFormSet):
    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        return super().get_form_kwargs(index) | {"report": self.instance}


class SectionDatasets(InlineBase):
    """For the inline of sections."""

    formset = SectionFormSet

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        made: Any = super().get_formset(request, obj, **kwargs)
        made.form.user = request.user
        return made

    @admin.display(description=gettext_lazy("Parameters"))
    def parameters_text(self, section: ReportSection) -> str:
        """Where the page can only be looked at."""
        return text_of(section)


class DatasetRights(MixinBase):
    """A report is changed only by those who may see all that it says: its texts, times and recipients, too."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj and self._refused(request, obj))

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        report = kwargs.get("obj")
        if report and super().has_change_permission(request, report) and (titles := self._refused(request, report)):
            text = _("You can look at this report, but not change it: you may not use its dataset %(titles)s.")
            self.message_user(request, text % {"titles": ", ".join(f"“{title}”" for title in titles)}, messages.WARNING)
        if report and context.get("may_preview"):
            context["may_preview"] = not self._refused(request, report)  # as the page itself asks
        return super().render_change_form(request, context, *args, **kwargs)

    def _refused(self, request: HttpRequest, report: Report) -> list[str]:
        """Asked several times for one page."""
        known = request.__dict__.setdefault("_refused_datasets", {})
        if report.pk not in known:
            known[report.pk] = refused(report, user_of(request))
        titles: list[str] = known[report.pk]
        return titles
