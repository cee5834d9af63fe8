"""Forms that say who gets what. They know who fills them in: only who may see the data may give it to others."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib.auth.models import AnonymousUser, User
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reporter import control
from reporter.admin.forms import WeekdaysField
from reporter.models import GroupSubscription, Recipient, Report, Subscription
from reporter.models.audience import Membership


class Asked(forms.ModelForm):
    """The admin sets ``user`` on the class that it makes for one request."""

    user: ClassVar[User | AnonymousUser]

    def refuse_unseen(self, field: str, reports: list[Report]) -> None:
        if problem := control.unseen(self.user, reports):
            self.add_error(field, problem)


class WishForm(Asked):
    """A subscription. Times and days may be changed by whoever edits it; whom it names, and switching it on, not."""

    who: ClassVar[str]
    weekdays = WeekdaysField(
        label=gettext_lazy("Own weekdays"), help_text=gettext_lazy("None ticked: whenever the report is due.")
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        report = cleaned.get("report")
        is_new = {"report", self.who} & set(self.changed_data) or "is_active" in self.changed_data
        if report and cleaned.get("is_active") and is_new:
            self.refuse_unseen(self.who, [report])
        return cleaned


class SubscriptionForm(WishForm):
    who = "recipient"

    class Meta:
        model = Subscription
        fields = ["report", "recipient", "send_time", "weekdays", "is_copy", "is_active"]


class GroupSubscriptionForm(WishForm):
    who = "group"

    class Meta:
        model = GroupSubscription
        fields = ["report", "group", "send_time", "weekdays", "is_active"]


class RecipientForm(Asked):
    class Meta:
        model = Recipient
        fields = ["name", "address", "language", "tags", "is_active"]

    def clean(self) -> dict[str, Any]:
        """Another address is another reader of all that this person gets; and so is one who is switched on."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.instance.pk and cleaned.get("is_active") and {"address", "is_active"} & set(self.changed_data):
            self.refuse_unseen("address", control.reports_to(self.instance))
        return cleaned


class MembershipForm(Asked):
    class Meta:
        model = Membership
        fields = ["recipientgroup", "recipient"]
        labels = {"recipientgroup": gettext_lazy("group"), "recipient": gettext_lazy("recipient")}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        group = cleaned.get("recipientgroup")
        if group and group.pk and self.has_changed():
            field = "recipientgroup" if "recipientgroup" in self.changed_data else "recipient"
            self.refuse_unseen(field, control.reports_of([group]))
        return cleaned


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "CSV, as a spreadsheet saves it, up to 1 MB. The first line names the columns: "
            "name, address, language, tags, groups (or 姓名, 邮箱, 语言, 标签, 组); the address is needed."
        ),
        error_messages={"empty": gettext_lazy("The file is empty.")},
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > control.MAX_BYTES:  # not read at all
            raise forms.ValidationError(control.too_large(file.size))
        return file


class SuccessorForm(forms.Form):
    to = forms.CharField(
        label=gettext_lazy("Successor"),
        max_length=254,
        help_text=gettext_lazy("The e-mail address of the recipient who is to get everything."),
        widget=forms.TextInput(attrs={"class": "vTextField", "list": "successors", "autocomplete": "off"}),
    )

    def clean_to(self) -> Recipient:
        successor = Recipient.objects.filter(address__iexact=self.cleaned_data["to"].strip()).first()
        if successor is None:
            raise forms.ValidationError(_("There is no recipient with this address. Add them first."))
        return successor


class HandOverForm(forms.Form):
    switch_off = forms.BooleanField(
        label=gettext_lazy("Switch the old one off"),
        required=False,
        initial=True,
        help_text=gettext_lazy("Nothing is sent to that address any more, by no report."),
    )
    reason = forms.CharField(
        label=gettext_lazy("reason"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Is kept in the history of both."),
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )
