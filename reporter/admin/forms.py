"""Forms in which timetables and datasets are chosen, not typed as JSON."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reporter.admin.columns import ColumnsField, Offer
from reporter.admin.section_datasets import SectionDatasetForm
from reporter.models import Report, ReportSection, SectionKind, Weekday


class WeekdaysField(forms.TypedMultipleChoiceField):
    """Days to tick; none of them means every day."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=Weekday.choices, coerce=int, empty_value=None, required=False, **kwargs)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(initial or [], data)


class ReportForm(forms.ModelForm):
    class Meta:
        model = Report
        fields = [
            "name",
            "subject",
            "intro",
            "reply_to",
            "language",
            "period",
            "period_days",
            "files",
            "skip_if_empty",
            "owner",
            "is_enabled",
        ]


class SectionForm(SectionDatasetForm):
    """A section as a line of its report's page."""

    dataset = forms.ChoiceField(
        label=gettext_lazy("Dataset"), required=False, help_text=gettext_lazy("Of a table or a chart.")
    )

    class Meta:
        model = ReportSection
        fields = ["report", "position", "kind", "dataset", "title"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = self.offered()
        chosen = self.instance.dataset
        if chosen and chosen not in dict(offered):
            offered.append((chosen, _("%(key)s (not there any more)") % {"key": chosen}))
        field = self.fields["dataset"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "---------"), *offered]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        kind = data.get("kind")
        if kind == SectionKind.TEXT:
            data["dataset"] = ""
        elif kind and not data.get("dataset") and "dataset" not in self.errors:
            self.add_error("dataset", _("Choose the dataset that the rows come from."))
        return data


class SectionPageForm(SectionForm):
    """A section on a page of its own: all that it shows."""

    columns = ColumnsField(label=gettext_lazy("Columns"))
    sort_column = forms.ChoiceField(label=gettext_lazy("Sorted by"), required=False)

    class Meta(SectionForm.Meta):
        fields = [*SectionForm.Meta.fields, "text", "columns", "sort_column", "is_descending", "row_limit"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        section = self.instance
        columns, sort = self.fields.get("columns"), self.fields.get("sort_column")
        if isinstance(columns, ColumnsField):
            columns.offer = Offer(section.columns, section.seen_columns, section.is_chart)
        if isinstance(sort, forms.ChoiceField):
            names = dict.fromkeys([*section.seen_columns, *filter(None, [section.sort_column])])
            sort.choices = [("", _("as the dataset has them")), *((name, name) for name in names)]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("kind") == SectionKind.TEXT and "text" in data and not data["text"].strip():
            self.add_error("text", _("Write the text of this section."))
        return data
