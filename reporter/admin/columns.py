"""The columns of a section as a table to fill in: a line for each column of the dataset. Works without JavaScript."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reporter.columns import CellFormat, Colour, Column, Operator, Rule, Total, chosen, columns_of, number_of

# The most columns that a form takes; DATA_UPLOAD_MAX_NUMBER_FIELDS has room for them.
MAX_COLUMNS = 300


class RuleWidget(forms.MultiWidget):
    """When a cell is coloured: an operator and a value, side by side."""

    template_name = "django/forms/widgets/multiwidget.html"

    def __init__(self) -> None:
        super().__init__({"operator": forms.Select(choices=Operator.choices), "value": forms.TextInput({"size": 5})})

    def decompress(self, value: Any) -> list[str]:
        return value or ["", ""]


class RuleField(forms.MultiValueField):
    """An operator and a value as a Rule; None where there is none."""

    def __init__(self, colour: str, **kwargs: Any) -> None:
        self.colour = colour
        fields = (
            forms.ChoiceField(choices=Operator.choices, required=False),
            forms.CharField(required=False, max_length=100),
        )
        super().__init__(fields, required=False, require_all_fields=False, widget=RuleWidget(), **kwargs)

    def compress(self, data_list: list[str]) -> Rule | None:
        operator, value = data_list or ("", "")
        if not operator and not value:
            return None
        if not operator:
            raise ValidationError(_("Choose how it is compared with “%(value)s”."), params={"value": value})
        if not value:
            raise ValidationError(_("Give a value to compare with."))
        if operator not in (Operator.EQUAL, Operator.DIFFERENT) and number_of(value) is None:
            raise ValidationError(_("“%(value)s” is not a number."), params={"value": value})
        return Rule(self.colour, operator, value)


class ColumnForm(forms.Form):
    """One line. A column that is not shown keeps nothing else."""

    name = forms.CharField(widget=forms.HiddenInput, max_length=200, strip=False)
    order = forms.IntegerField(label=gettext_lazy("order"), required=False, min_value=1, max_value=999)
    is_shown = forms.BooleanField(label=gettext_lazy("show"), required=False)
    heading = forms.CharField(label=gettext_lazy("heading"), required=False, max_length=120)
    format = forms.ChoiceField(label=gettext_lazy("written as"), required=False, choices=CellFormat.choices)
    total = forms.ChoiceField(label=gettext_lazy("total"), required=False, choices=Total.choices)
    is_compared = forms.BooleanField(label=gettext_lazy("compare"), required=False)
    red = RuleField(Colour.RED, label=gettext_lazy("red if"))
    green = RuleField(Colour.GREEN, label=gettext_lazy("green if"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name = self.initial.get("name", "")
        self.fields["heading"].widget.attrs["placeholder"] = name
        for field in self.fields.values():  # the headings of the table are no labels to a screen reader
            field.widget.attrs["aria-label"] = f"{name}: {field.label}"

    @property
    def is_gone(self) -> bool:
        return bool(self.initial.get("is_gone"))

    @property
    def column(self) -> Column:
        data = self.cleaned_data
        return Column(
            data["name"],
            data["heading"].strip(),
            data["format"],
            data["total"],
            data["is_compared"],
            tuple(rule for rule in (data["red"], data["green"]) if rule),
        )


ColumnFormSet = forms.formset_factory(ColumnForm, extra=0, max_num=MAX_COLUMNS, absolute_max=MAX_COLUMNS)


@dataclass(frozen=True)
class Offer:
    """What is chosen, and what the dataset had when it was last asked."""

    stored: list[dict[str, Any]]
    seen: list[str]
    is_chart: bool = False  # which has no use for totals, comparisons and colours

    @property
    def lines(self) -> list[dict[str, Any]]:
        """What is shown stands first, in its order; then what else the dataset has."""
        shown = columns_of(self.stored) or [Column(name) for name in dict.fromkeys(self.seen)]
        names = {column.name for column in shown}
        rest = [Column(name) for name in dict.fromkeys(self.seen) if name not in names]
        return [
            {
                "name": column.name,
                "order": number,
                "is_shown": column.name in names,
                "is_gone": bool(self.seen) and column.name not in self.seen,
                "heading": column.heading,
                "format": str(column.format),
                "total": str(column.total),
                "is_compared": column.is_compared,
            }
            | {str(rule.colour): [str(rule.operator), rule.value] for rule in column.rules}
            for number, column in enumerate([*shown, *rest][:MAX_COLUMNS], start=1)
        ]


class ColumnsWidget(forms.Widget):
    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Mapping[str, Any]:
        return data  # the lines are read by the field, which knows how to say what is wrong with them

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return f"{name}-TOTAL_FORMS" not in data

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        formset = value if isinstance(value, forms.BaseFormSet) else ColumnFormSet(prefix=name)
        return render_to_string("admin/reporter/columns.html", {"formset": formset})


class ColumnsField(forms.Field):
    """The list of columns as a section stores it."""

    widget = ColumnsWidget

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.offer = Offer([], [])
        self.prefix = "columns"
        self._bound: forms.BaseFormSet | None = None

    def prepare_value(self, value: Any) -> forms.BaseFormSet:
        if self._bound is None and isinstance(value, Mapping) and f"{self.prefix}-TOTAL_FORMS" in value:
            self._bound = self._formset(value)
        return self._bound or self._formset(None)

    def clean(self, value: Any) -> list[dict[str, Any]]:
        if f"{self.prefix}-TOTAL_FORMS" not in value:
            return self.offer.stored  # a page without the table: what is chosen stays
        self._bound = formset = self._formset(value)
        if not formset.is_valid():
            raise ValidationError([*formset.non_form_errors()] or _("Correct what is marked below."))
        shown = [form for form in formset if form.cleaned_data["is_shown"]]
        if not shown and len(formset.forms):
            raise ValidationError(_("Show at least one column."))
        shown.sort(key=lambda form: form.cleaned_data["order"] or MAX_COLUMNS)
        columns = [form.column for form in shown]
        return [column.to_data() for column in chosen(columns, dict.fromkeys(self.offer.seen))]

    def _formset(self, data: Mapping[str, Any] | None) -> forms.BaseFormSet:
        formset = ColumnFormSet(data, initial=self.offer.lines, prefix=self.prefix)
        cast(Any, formset).is_chart = self.offer.is_chart  # for the template
        return formset

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.clean(data) != (initial or [])
        except ValidationError:
            return True
