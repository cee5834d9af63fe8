"""A delivery: one edition to one recipient."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from backoffice.jobs.told import ToldTextField
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

    def put_off(self, now: datetime) -> DeliveryQuerySet:
        """Pending deliveries that are tried again later; ``server_reply`` says why."""
        late = self.filter(state=DeliveryState.PENDING, due_at__lte=now, next_attempt_at__gt=now)
        return late.exclude(server_reply="").filter(claimed_until=None).not_held()

    def usual_reply(self) -> str:
        """What is said of most of them, of those of which something is."""
        replies = self.exclude(server_reply="").order_by().values("server_reply").annotate(count=Count("pk"))
        return replies.order_by("-count", "server_reply").values_list("server_reply", flat=True).first() or ""

    def not_held(self) -> DeliveryQuerySet:
        """Not a join: in an UPDATE on PostgreSQL that would take conditions on the row itself out of its protection."""
        return self.filter(Exists(Edition.objects.filter(pk=OuterRef("edition"), hold="")))

    def standing(self) -> DeliveryQuerySet:
        """Without those in whose place another was sent."""
        return self.filter(superseded_by=None)

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
    server_reply = ToldTextField(_("answer of the server"), blank=True)
    claimed_by = models.UUIDField(_("sender"), null=True, blank=True, editable=False)
    claimed_until = models.DateTimeField(_("claimed until"), null=True, blank=True, editable=False)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    # What people did about it
    superseded_by = models.ForeignKey(
        "self",
        verbose_name=_("sent again as"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="supersedes",
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("decided by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    removed_at = models.DateTimeField(_("name and address removed"), null=True, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-pk"]
        permissions = [
            ("resend_delivery", _("Can send again what failed, and decide about what is unknown")),
            ("export_deliveries", _("Can export what was sent to whom")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["edition", "address", "attempt_key"], name="delivered_once"),
        ]
        indexes = [
            models.Index(fields=["state", "next_attempt_at"], name="delivery_by_state"),
            models.Index(fields=["edition", "state"], name="delivery_by_edition"),
            models.Index(fields=["due_at"], name="delivery_by_due"),
            models.Index(fields=["recipient", "-id"], name="delivery_by_recipient"),
            models.Index(fields=["due_at"], name="delivery_unremoved", condition=Q(removed_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.edition} → {self.address}"
