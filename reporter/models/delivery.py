"""A delivery: one edition to one recipient."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from reporter.models.audience import Recipient
from reporter.models.choices import DELIVERY_CHANGES, DeliveryState
from reporter.models.edition import Edition
from reporter.models.states import StateQuerySet

FIRST_ATTEMPT = "1"


class DeliveryQuerySet(StateQuerySet["Delivery"]):
    changes = DELIVERY_CHANGES

    def due(self, now: datetime) -> DeliveryQuerySet:
        """Pending deliveries whose time has come and that no living sender has claimed."""
        return self.filter(state=DeliveryState.PENDING, next_attempt_at__lte=now).filter(
            Q(claimed_until=None) | Q(claimed_until__lte=now)
        )

    def stale(self, now: datetime) -> DeliveryQuerySet:
        """Deliveries whose sender died while it handed the mail over."""
        return self.filter(state=DeliveryState.SENDING, claimed_until__lte=now)

    def unknown(self) -> DeliveryQuerySet:
        """Deliveries of which nobody can tell whether the mail arrived."""
        return self.filter(state=DeliveryState.UNKNOWN)

    def failed(self) -> DeliveryQuerySet:
        return self.filter(state=DeliveryState.FAILED)


class Delivery(models.Model):
    edition = models.ForeignKey(Edition, verbose_name=_("edition"), on_delete=models.CASCADE, related_name="deliveries")
    recipient = models.ForeignKey(
        Recipient,
        verbose_name=_("recipient"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="deliveries",
    )
    # As they were when the edition was built.
    name = models.CharField(_("name"), max_length=120)
    address = models.EmailField(_("e-mail address"), max_length=254)
    is_copy = models.BooleanField(_("copy (Cc)"), default=False)

    # What a repeated attempt of ours shares, and what tells a wanted repetition from it.
    attempt_key = models.CharField(_("attempt key"), max_length=32, default=FIRST_ATTEMPT)
    message_id = models.CharField("Message-ID", max_length=255)
    content_hash = models.CharField(
        _("hash of the mail"), max_length=64, blank=True, help_text=_("SHA-256 of all but the Date header.")
    )

    state = models.CharField(_("state"), max_length=16, choices=DeliveryState.choices, default=DeliveryState.PENDING)
    due_at = models.DateTimeField(_("due"))
    next_attempt_at = models.DateTimeField(_("next attempt"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    server_reply = models.TextField(_("answer of the server"), blank=True)
    claimed_by = models.UUIDField(_("sender"), null=True, blank=True, editable=False)
    claimed_until = models.DateTimeField(_("claimed until"), null=True, blank=True, editable=False)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["edition", "address", "attempt_key"], name="delivered_once"),
        ]
        indexes = [
            models.Index(fields=["state", "next_attempt_at"], name="delivery_by_state"),
            models.Index(fields=["edition", "state"], name="delivery_by_edition"),
            models.Index(fields=["due_at"], name="delivery_by_due"),
            models.Index(fields=["recipient", "-id"], name="delivery_by_recipient"),
        ]

    def __str__(self) -> str:
        return f"{self.edition} → {self.address}"
