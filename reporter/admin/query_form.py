"""The form in which SQL is written, and tried before it is kept."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reporter.datasets.sql.checking import complaint, refusal
from reporter.datasets.sql.lexing import parameters_in
from reporter.datasets.sql.parameters import KINDS, OF_THE_PERIOD, declared, parse_declarations, stored
from reporter.datasets.sql.running import connected
from reporter.models import Query
from reporter.periods import Period

TRY = "_try"

CODE = {"class": "vLargeTextField code", "spellcheck": "false", "autocapitalize": "off"}


class QueryForm(forms.ModelForm):
    """With the button *Try it* it is never valid: the admin then shows it again as it is, and stores nothing."""

    database = forms.ChoiceField(label=gettext_lazy("Database"))
    sql = forms.CharField(
        label="SQL",
        widget=forms.Textarea(attrs=CODE | {"rows": 16, "cols": 100}),
        help_text=gettext_lazy(
            "One query. It is asked with :first_day and :last_day (dates, both included: compare days with them), "
            ":period_start and :period_end (moments, the end not included: compare times with them), :zone, and its "
            "own parameters."
        ),
    )
    description = forms.CharField(
        label=gettext_lazy("Description"),
        required=False,
        widget=forms.Textarea(attrs={"class": "vLargeTextField", "rows": 2, "cols": 80}),
        help_text=gettext_lazy("What its rows are, for those people."),
    )
    is_read_by_database = forms.BooleanField(
        label=gettext_lazy("The database can read it all the same"),
        required=False,
        help_text=gettext_lazy("Tick it when trying it has worked, and it is still called unreadable here."),
    )
    parameters_text = forms.CharField(
        label=gettext_lazy("Own parameters"),
        required=False,
        widget=forms.Textarea(attrs=CODE | {"rows": 3, "cols": 60}),
    )
    trial_from = forms.DateField(
        label=gettext_lazy("From"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    trial_until = forms.DateField(
        label=gettext_lazy("Until"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    trial_values = forms.CharField(
        label=gettext_lazy("Values for its own parameters"),
        required=False,
        widget=forms.Textarea(attrs=CODE | {"rows": 2, "cols": 40}),
    )

    class Meta:
        model = Query
        fields = ["name", "description", "database", "sql"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [(name, name) for name in sorted(connected())]
        chosen = self.instance.database
        if chosen and chosen not in connected():
            offered.append((chosen, _("%(key)s (not connected)") % {"key": chosen}))
        field = self.fields["database"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "---------"), *offered]
        if not offered:
            field.help_text = _("None is connected: whoever runs the back office sets REPORT_DB_<NAME>=url.")
        self.fields["parameters_text"].help_text = _(
            "A line each: name, type (%(kinds)s), and perhaps a default: minimum integer = 10"
        ) % {"kinds": ", ".join(KINDS)}
        yesterday = timezone.localdate() - timedelta(days=1)
        self.initial.update(trial_from=yesterday, trial_until=yesterday)
        self.initial["parameters_text"] = lines_of(self.instance)

    @property
    def is_trial(self) -> bool:
        return TRY in self.data

    def is_valid(self) -> bool:
        return super().is_valid() and not self.is_trial

    def clean_database(self) -> str:
        name: str = self.cleaned_data["database"]
        if name not in connected():
            raise ValidationError(_("This database is not connected. Choose another one."))
        return name

    def clean_parameters_text(self) -> str:
        text: str = self.cleaned_data["parameters_text"]
        self.instance.parameters = stored(parse_declarations(text))
        return text

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if "database" in data and "sql" in data:
            self._check_sql(data["sql"], connected()[data["database"]].kind)
        first, last = data.get("trial_from"), data.get("trial_until")
        if first and last and last < first:
            self.add_error("trial_until", _("This day is before the first one."))
        return data

    def _check_sql(self, sql: str, kind: str) -> None:
        if problem := refusal(sql, kind):
            self.add_error("sql", problem)
            return
        if "parameters_text" not in self.errors:
            self._check_parameters(parameters_in(sql, kind))
        if not self.is_trial and not self.cleaned_data.get("is_read_by_database") and (words := complaint(sql, kind)):
            self.add_error("sql", words)

    def _check_parameters(self, used: list[str]) -> None:
        own = [parameter.name for parameter in declared(self.instance.parameters)]
        for name in used:
            if name not in own and name not in OF_THE_PERIOD:
                text = _("“:%(name)s” is not known. Give it a line under “Own parameters”, or use one of %(known)s.")
                known = ", ".join(f":{other}" for other in (*OF_THE_PERIOD, *own))
                self.add_error("sql", ValidationError(text, params={"name": name, "known": known}))
        for name in own:
            if name not in used:
                text = _("“%(name)s” does not stand in the SQL. Use it there as :%(name)s, or take its line out.")
                self.add_error("parameters_text", ValidationError(text, params={"name": name}))

    @property
    def trial_period(self) -> Period:
        """The days that were chosen, in the zone of the back office."""
        zone = ZoneInfo(settings.TIME_ZONE)
        first = self.cleaned_data.get("trial_from") or self.initial["trial_from"]
        last = self.cleaned_data.get("trial_until") or first
        end = last + timedelta(days=1)
        return Period(_midnight(first, zone), _midnight(end, zone), settings.TIME_ZONE)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone)


def lines_of(query: Query) -> str:
    """Its own parameters as people write them."""
    return "\n".join(parameter.line for parameter in declared(query.parameters))
