"""Forms in which timetables and datasets are chosen, not typed as JSON."""

from __future__ import annotations

from datetime import time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.jobs.timetable import parse_time
from reporter.admin.section_datasets import SectionDatasetForm
from reporter.models import Report, ReportSection, Subscription, Weekday


class TimesField(forms.CharField):
    """``08:00, 18:30`` as a list of times, sorted, each once."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        words = (super().to_python(value) or "").replace("，", ",").replace("：", ":").replace(",", " ").split()
        return [f"{moment:%H:%M}" for moment in sorted({self._read(word) for word in words})]

    def _read(self, word: str) -> time:
        try:
            return parse_time(word)
        except ValueError:
            raise ValidationError(
                _("“%(time)s” is not a time of the day such as 08:00."), params={"time": word}
            ) from None

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != initial)
        except ValidationError:
            return True


class WeekdaysField(forms.TypedMultipleChoiceField):
    """Days to tick; none of them means every day."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=Weekday.choices, coerce=int, empty_value=None, required=False, **kwargs)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(initial or [], data)


class ReportForm(forms.ModelForm):
    times = TimesField(
        label=gettext_lazy("Times"),
        help_text=gettext_lazy("When it is due, by the clock of its time zone, such as 08:00, 18:00."),
    )
    weekdays = WeekdaysField(label=gettext_lazy("Weekdays"), help_text=gettext_lazy("None ticked: every day."))

    class Meta:
        model = Report
        fields = ["name", "subject", "intro", "language", "period", "owner", "is_enabled", "times", "weekdays", "zone"]


class SubscriptionForm(forms.ModelForm):
    weekdays = WeekdaysField(
        label=gettext_lazy("Own weekdays"), help_text=gettext_lazy("None ticked: whenever the report is due.")
    )

    class Meta:
        model = Subscription
        fields = ["report", "recipient", "send_time", "weekdays", "is_active"]


class SectionForm(SectionDatasetForm):
    dataset = forms.ChoiceField(label=gettext_lazy("Dataset"))

    class Meta:
        model = ReportSection
        fields = ["report", "position", "dataset", "title"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = self.offered()
        chosen = self.instance.dataset
        if chosen and chosen not in dict(offered):
            offered.append((chosen, _("%(key)s (not there any more)") % {"key": chosen}))
        field = self.fields["dataset"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "---------"), *offered]
