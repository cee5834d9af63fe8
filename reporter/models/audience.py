"""Who gets reports."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from reporter.models.choices import Language
from reporter.models.report import Report
from reporter.models.validators import validate_weekdays


class RecipientQuerySet(models.QuerySet["Recipient"]):
    def get_by_natural_key(self, address: str) -> Recipient:
        return self.get(address__iexact=address)


class Recipient(models.Model):
    name = models.CharField(_("name"), max_length=120)
    address = models.EmailField(_("e-mail address"), max_length=254)
    language = models.CharField(
        _("language"),
        max_length=16,
        choices=Language.choices,
        blank=True,
        help_text=_("Of pages that are meant for this person. A report has its own language."),
    )
    is_active = models.BooleanField(_("active"), default=True, help_text=_("Switched off: is sent nothing."))

    objects = RecipientQuerySet.as_manager()

    class Meta:
        verbose_name = _("recipient")
        verbose_name_plural = _("recipients")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Lower("address"),
                name="recipient_address_once",
                violation_error_message=_("There is a recipient with this address already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>"


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def active(self) -> SubscriptionQuerySet:
        return self.filter(is_active=True, recipient__is_active=True)


class Subscription(models.Model):
    """Who gets a report. An own time only sets when their delivery is due, never before the edition is built."""

    report = models.ForeignKey(Report, verbose_name=_("report"), on_delete=models.CASCADE, related_name="subscriptions")
    recipient = models.ForeignKey(
        Recipient, verbose_name=_("recipient"), on_delete=models.CASCADE, related_name="subscriptions"
    )
    send_time = models.TimeField(
        _("own time"), null=True, blank=True, help_text=_("In the report's time zone. Empty: as soon as it is built.")
    )
    weekdays = models.JSONField(_("own weekdays"), null=True, blank=True, validators=[validate_weekdays])
    is_active = models.BooleanField(_("active"), default=True)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        ordering = ["recipient__name"]
        constraints = [
            models.UniqueConstraint(
                fields=["report", "recipient"],
                name="subscribed_once",
                violation_error_message=_("This recipient is subscribed already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.report} → {self.recipient}"
