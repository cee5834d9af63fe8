"""Which recipient, or which group, gets which report, and when they want it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import models
from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reporter.models.audience import Recipient, RecipientGroup
from reporter.models.choices import Weekday
from reporter.models.report import Report
from reporter.models.validators import validate_weekdays


class Wish(models.Model):
    """When a report is wanted. An own time only sets when a delivery is due, never before the edition is built."""

    send_time = models.TimeField(
        gettext_lazy("own time"),
        null=True,
        blank=True,
        help_text=gettext_lazy(
            "In the report's time zone. Empty, or earlier than it is built: as soon as it is built."
        ),
    )
    weekdays = models.JSONField(gettext_lazy("own weekdays"), null=True, blank=True, validators=[validate_weekdays])
    is_active = models.BooleanField(gettext_lazy("active"), default=True)

    class Meta:
        abstract = True

    def due_at(self, day: date, zone: str, built_at: datetime) -> datetime | None:
        """When the edition of ``day`` is wanted, never before it is built; None if not on that day."""
        if self.weekdays is not None and day.weekday() not in self.weekdays:
            return None
        if self.send_time is None:
            return built_at
        wanted = datetime.combine(day, self.send_time, tzinfo=ZoneInfo(zone))
        return max(wanted, built_at, key=datetime.timestamp)

    def in_words(self) -> str:
        moment = _("as soon as it is built")
        if self.send_time is not None:
            moment = _("at %(time)s") % {"time": time_format(self.send_time, "H:i")}
        if self.weekdays is None:
            return _("whenever it is due, %(moment)s") % {"moment": moment}
        days = ", ".join(str(Weekday(day).label) for day in self.weekdays)
        return _("if it is due on %(days)s, %(moment)s") % {"days": days, "moment": moment}


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def active(self) -> SubscriptionQuerySet:
        return self.filter(is_active=True, recipient__is_active=True)


class Subscription(Wish):
    """One person's own. It goes before what comes through groups, also where it is switched off."""

    report = models.ForeignKey(
        Report, verbose_name=gettext_lazy("report"), on_delete=models.CASCADE, related_name="subscriptions"
    )
    recipient = models.ForeignKey(
        Recipient, verbose_name=gettext_lazy("recipient"), on_delete=models.CASCADE, related_name="subscriptions"
    )
    is_active = models.BooleanField(
        gettext_lazy("active"),
        default=True,
        help_text=gettext_lazy("Switched off: is not sent this report, not through a group either."),
    )
    is_copy = models.BooleanField(
        gettext_lazy("copy (Cc)"),
        default=False,
        help_text=gettext_lazy(
            "Gets one mail of each edition, as a copy; all who get the edition see name and address as Cc."
        ),
    )
    unsubscribed_at = models.DateTimeField(gettext_lazy("unsubscribed by link"), null=True, blank=True, editable=False)
    # A ``Source``: what their link leads back to. Empty: to nothing, as staff had switched it off before.
    unsubscribed_from = models.CharField(max_length=8, blank=True, default="", editable=False)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("subscription")
        verbose_name_plural = gettext_lazy("subscriptions")
        ordering = ["recipient__name"]
        constraints = [
            models.UniqueConstraint(
                fields=["report", "recipient"],
                name="subscribed_once",
                violation_error_message=gettext_lazy("This recipient is subscribed already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.report} → {self.recipient}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.is_active:
            self.unsubscribed_at, self.unsubscribed_from = None, ""  # somebody has switched it on again
        super().save(*args, **kwargs)


class GroupSubscriptionQuerySet(models.QuerySet["GroupSubscription"]):
    def active(self) -> GroupSubscriptionQuerySet:
        return self.filter(is_active=True)


class GroupSubscription(Wish):
    """Everybody in the group at the moment of building gets the report, once."""

    report = models.ForeignKey(
        Report, verbose_name=gettext_lazy("report"), on_delete=models.CASCADE, related_name="subscribed_groups"
    )
    group = models.ForeignKey(
        RecipientGroup, verbose_name=gettext_lazy("group"), on_delete=models.CASCADE, related_name="subscriptions"
    )

    objects = GroupSubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("subscription of a group")
        verbose_name_plural = gettext_lazy("subscriptions of groups")
        ordering = ["group__name"]
        constraints = [
            models.UniqueConstraint(
                fields=["report", "group"],
                name="group_subscribed_once",
                violation_error_message=gettext_lazy("This group is subscribed already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.report} → {self.group}"


def earliest(wishes: Iterable[Wish], day: date, zone: str, built_at: datetime) -> datetime | None:
    """When somebody who is in several groups gets the edition of ``day``: once, at the first of their times."""
    wanted = (wish.due_at(day, zone, built_at) for wish in wishes)
    return min((moment for moment in wanted if moment), default=None)
