"""The form in which a timetable is typed: of a job, a report, or whatever else comes due."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from backoffice.jobs.timetable import Timetable
from backoffice.jobs.typed import TimetableError, as_typed, parse_timetable
from backoffice.jobs.words import describe
from backoffice.jobs.workdays import countries, country_name

IN_CODE, EVERY, TIMES, CRON = "code", "every", "times", "cron"

# The field that only this kind has, and what stands there to begin with.
FIELD_OF = {EVERY: "every_minutes", TIMES: "times", CRON: "cron"}
BEGIN_WITH = {"every_minutes": "60", "times": "08:00", "cron": "30 8 * * MON-FRI"}

# What every kind but that of the code has.
CONDITIONS = (
    "weekdays", "month_days", "country", "subdivision", "first_date", "last_date", "zone", "spread_minutes",
)  # fmt: skip

LONG = 400


class TimetableForm(forms.Form):
    """``timetable`` is what was typed, once it is valid; None for the one in the code.

    ``in_code`` is the timetable of the code, where there is one to go back to. ``least_minutes`` is the shortest
    interval.
    """

    kind = forms.ChoiceField(label=_("when it is due"), widget=forms.RadioSelect)
    every_minutes = forms.CharField(
        label=_("minutes"), max_length=20, required=False, widget=forms.TextInput(attrs={"inputmode": "decimal"})
    )
    times = forms.CharField(
        label=_("times of the day"),
        max_length=LONG,
        required=False,
        help_text=_("With commas between several: 08:00, 12:30, 18:00"),
    )
    cron = forms.CharField(
        label=_("cron expression"),
        max_length=LONG,
        required=False,
        help_text=_("Minute, hour, day of the month, month, day of the week: 30 8 * * MON-FRI"),
    )
    weekdays = forms.MultipleChoiceField(
        label=_("days of the week"),
        choices=[(str(day), name) for day, name in WEEKDAYS.items()],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: every day."),
    )
    month_days = forms.CharField(
        label=_("days of the month"),
        max_length=LONG,
        required=False,
        help_text=_("Such as 1, 15, 31 or: last day. Empty: all. A month without a 31st is left out."),
    )
    country = forms.ChoiceField(
        label=_("only on working days of"),
        required=False,
        help_text=_("Without weekends and public holidays; with the weekends that are worked to make up for them."),
    )
    subdivision = forms.CharField(
        label=_("part of the country"),
        max_length=40,
        required=False,
        help_text=_("Where it has holidays of its own, such as BY for Bavaria. Empty: the whole country's."),
        widget=forms.TextInput(attrs={"list": "subdivisions"}),
    )
    first_date = forms.CharField(label=_("from"), max_length=40, required=False)
    last_date = forms.CharField(label=pgettext_lazy("the last day", "until"), max_length=40, required=False)
    zone = forms.CharField(
        label=_("time zone"),
        max_length=64,
        required=False,
        help_text=_("Times and days are those of its clocks."),
        widget=forms.TextInput(attrs={"list": "zones"}),
    )
    spread_minutes = forms.CharField(
        label=_("spread"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        help_text=_("Up to so many minutes later, always the same: so that not everything starts at once."),
    )

    def __init__(
        self,
        data: Any = None,
        *,
        current: Timetable,
        in_code: Timetable | None = None,
        is_own: bool = True,
        least_minutes: int = 0,
    ) -> None:
        super().__init__(data, initial=_initial(current, is_own), label_suffix="")
        self.code, self.in_code, self.least_minutes = current.code, in_code, least_minutes
        self.timetable: Timetable | None = None
        _choose_from(self.fields["kind"], self._kinds())
        _choose_from(self.fields["country"], [("", gettext("any day")), *_countries()])
        for name in ("first_date", "last_date"):
            self.fields[name].widget = forms.DateInput(attrs={"type": "date"})
        for name in ("times", "cron", "month_days", "zone", "subdivision", "every_minutes", "spread_minutes"):
            self.fields[name].widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}

    def _kinds(self) -> list[tuple[str, Any]]:
        kinds = [(EVERY, _("every so many minutes")), (TIMES, _("at set times")), (CRON, _("by a cron expression"))]
        if self.in_code is None:
            return kinds
        text = gettext("as in the code: %(timetable)s") % {"timetable": describe(self.in_code)}
        return [(IN_CODE, text), *kinds]

    @property
    def meant(self) -> Timetable | None:
        """What a valid form comes to, the code's timetable too."""
        return self.timetable or self.in_code

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        kind = cleaned.get("kind")
        if kind in FIELD_OF:
            typed = {name: cleaned.get(name, "") for name in (FIELD_OF[kind], *CONDITIONS)}
            typed["zone"] = typed["zone"] or timezone.get_default_timezone_name()
            if not typed["country"]:
                typed["subdivision"] = ""  # not shown then
            self._insist_on(FIELD_OF[kind], typed)
            self._read(typed)
        return cleaned

    def _insist_on(self, name: str, typed: dict[str, Any]) -> None:
        if not typed[name]:
            typed[name] = BEGIN_WITH[name]
            if not self.has_error(name):
                text = gettext("Fill this in, or choose another way. An example: %(example)s")
                self.add_error(name, text % {"example": BEGIN_WITH[name]})

    def _read(self, typed: dict[str, Any]) -> None:
        """All that is wrong is said at once: what cannot be read is left out, and the rest is read again."""
        timetable = None
        while timetable is None:
            try:
                timetable = parse_timetable(typed, self.code)
            except TimetableError as error:
                if error.field is None and self.errors:
                    return  # may follow from what was left out
                self.add_error(error.field, error.message)
                if error.field is None or not typed.get(error.field):
                    return
                typed[error.field] = BEGIN_WITH.get(error.field, "")
        if timetable.every_minutes is not None and timetable.every_minutes < self.least_minutes:
            text = gettext("That is too often. Write at least %(count)d minutes.") % {"count": self.least_minutes}
            self.add_error("every_minutes", text)
        self.timetable = None if self.errors else timetable


def _initial(current: Timetable, is_own: bool) -> dict[str, Any]:
    typed: dict[str, Any] = {**as_typed(current)}
    if not current.depends_on_zone and current.zone == "UTC":
        typed["zone"] = timezone.get_default_timezone_name()  # the row leaves out a zone that means nothing
    kind = CRON if current.cron else TIMES if current.times else EVERY
    return BEGIN_WITH | {name: value for name, value in typed.items() if value} | {"kind": kind if is_own else IN_CODE}


def _choose_from(field: forms.Field, choices: Iterable[tuple[str, Any]]) -> None:
    assert isinstance(field, forms.ChoiceField)
    field.choices = [(value, capfirst(text)) for value, text in choices]


def _countries() -> list[tuple[str, str]]:
    named = [(code, country_name(code)) for code in countries()]
    # In this encoding Chinese stands by its sound, as people look for it, and letters as ever.
    return sorted(named, key=lambda country: country[1].encode("gb18030"))
