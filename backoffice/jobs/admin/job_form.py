"""What staff may set about a job, as its page asks for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import ModelForm
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from backoffice.jobs import control
from backoffice.jobs.admin import display


class JobForm(ModelForm):
    reason = forms.CharField(
        label=capfirst(_("reason")),
        max_length=200,
        required=False,
        help_text=_("Why it is changed. Is kept in the job's history, for those who look later."),
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if limit := self.fields.get("time_limit_seconds"):
            text = gettext("A run that takes longer is asked to stop, then ended. Empty: %(limit)s, as the code says.")
            limit.help_text = text % {"limit": display.took(timedelta(seconds=self.instance.lock_seconds))}

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # the stubs leave it out
        names = [name for name in control.SETTINGS if name in self.cleaned_data]
        try:
            control.check_settings(self.instance, names)
        except ValidationError as error:
            self.add_error(None, error)
