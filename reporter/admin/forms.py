"""Forms in which timetables and datasets are chosen, not typed as JSON."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reporter.datasets import base
from reporter.models import Report, ReportSection, Subscription, Weekday


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
        fields = ["name", "subject", "intro", "language", "period", "owner", "is_enabled"]


class SubscriptionForm(forms.ModelForm):
    weekdays = WeekdaysField(
        label=gettext_lazy("Own weekdays"), help_text=gettext_lazy("None ticked: whenever the report is due.")
    )

    class Meta:
        model = Subscription
        fields = ["report", "recipient", "send_time", "weekdays", "is_active"]


class SectionForm(forms.ModelForm):
    dataset = forms.ChoiceField(label=gettext_lazy("Dataset"))

    class Meta:
        model = ReportSection
        fields = ["report", "position", "dataset", "title"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = base.choices()
        chosen = self.instance.dataset
        if chosen and chosen not in dict(offered):
            offered.append((chosen, _("%(key)s (not there any more)") % {"key": chosen}))
        field = self.fields["dataset"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "---------"), *offered]
