"""Choosing a dataset for a section: who may choose which, whose rights the report has, and the dataset's parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reporter.datasets import base
from reporter.datasets.rights import refused
from reporter.datasets.sql.parameters import parse_values
from reporter.models import Report, ReportSection

if TYPE_CHECKING:
    InlineBase = admin.TabularInline
    AdminBase = admin.ModelAdmin
else:
    InlineBase = AdminBase = object


class SectionDatasetForm(forms.ModelForm):
    """``user`` is who fills it in, ``report`` the section's: with the owner that it is about to get."""

    dataset = forms.ChoiceField(label=gettext_lazy("Dataset"))
    parameters_text = forms.CharField(
        label=gettext_lazy("Parameters"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "cols": 24, "class": "code", "spellcheck": "false"}),
        help_text=gettext_lazy("What the dataset wants to know, a line each: minimum = 10"),
    )

    def __init__(
        self,
        *args: Any,
        user: User | None = None,
        report: Report | None = None,
        offered: list[tuple[str, str]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._user, self._report = user, report
        offered = [*(base.choices(user) if offered is None else offered)]
        chosen = self.instance.dataset
        if chosen and chosen not in dict(offered):
            dataset = base.find(chosen)
            gone = _("%(key)s (not there any more)") % {"key": chosen}
            offered.append((chosen, str(dataset.title) if dataset else gone))
        field = self.fields["dataset"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "---------"), *offered]
        self.initial["parameters_text"] = text_of(self.instance)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        dataset = base.find(data.get("dataset") or "")
        if dataset is None:
            return data
        if self._user is not None and not dataset.allowed_to(self._user):
            self.add_error("dataset", _("You may not use this dataset. Ask an administrator for the permission."))
        owner = self._report.owner if self._report else None
        if owner is not None and not dataset.allowed_to(owner):
            text = _("The report runs with the rights of its owner, %(owner)s, who may not use this dataset.")
            self.add_error("dataset", ValidationError(text, params={"owner": owner}))
        try:
            self.instance.parameters = parse_values(dataset.parameters, data.get("parameters_text") or "")
        except ValidationError as error:
            self.add_error("parameters_text", error)
        return data


def text_of(section: ReportSection) -> str:
    """The parameters as people write them."""
    return "\n".join(f"{name} = {value}" for name, value in section.parameters.items())


class SectionFormSet(BaseInlineFormSet):
    user: User | None = None

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        known = {"user": self.user, "report": self.instance, "offered": self._offered}
        return super().get_form_kwargs(index) | known

    @cached_property
    def _offered(self) -> list[tuple[str, str]]:
        """Looked up once for all sections."""
        return base.choices(self.user)


class SectionDatasets(InlineBase):
    """For the inline of sections."""

    formset = SectionFormSet

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        made: Any = super().get_formset(request, obj, **kwargs)
        made.user = request.user
        return made

    @admin.display(description=gettext_lazy("Parameters"))
    def parameters_text(self, section: ReportSection) -> str:
        """Where the page can only be looked at."""
        return text_of(section)


class DatasetRights(AdminBase):
    """A report is changed only by those who may see all that it says: its texts, times and recipients, too."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj and self._refused(request, obj))

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        report = kwargs.get("obj")
        if report and super().has_change_permission(request, report) and (titles := self._refused(request, report)):
            text = _("You can look at this report, but not change it: you may not use its dataset %(titles)s.")
            self.message_user(request, text % {"titles": ", ".join(f"“{title}”" for title in titles)}, messages.WARNING)
        return super().render_change_form(request, context, *args, **kwargs)

    def _refused(self, request: HttpRequest, report: Report) -> list[str]:
        """Asked several times for one page."""
        known = request.__dict__.setdefault("_refused_datasets", {})
        if report.pk not in known:
            known[report.pk] = refused(report, cast(User, request.user))
        titles: list[str] = known[report.pk]
        return titles
