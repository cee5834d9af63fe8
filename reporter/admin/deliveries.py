from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from backoffice.jobs.admin.base import ReadOnly
from reporter.admin.base import NOTHING, moment_in
from reporter.models import Delivery, DeliveryState

DELIVERY_TIMES = ["due", "next_attempt"]


class DeliveryTimes:
    """Moments by the clock of the report."""

    @admin.display(description=_("due"), ordering="due_at")
    def due(self, delivery: Delivery) -> str:
        return moment_in(delivery.edition.zone, delivery.due_at)

    @admin.display(description=_("next attempt"))
    def next_attempt(self, delivery: Delivery) -> str:
        """None once it is decided, or while it is being sent."""
        is_waiting = delivery.state == DeliveryState.PENDING
        return moment_in(delivery.edition.zone, delivery.next_attempt_at) if is_waiting else NOTHING


@admin.register(Delivery)
class DeliveryAdmin(DeliveryTimes, ReadOnly, admin.ModelAdmin):
    list_display = ["address", "edition", "state", "due", "sent_at", "attempts", "server_reply"]
    readonly_fields = DELIVERY_TIMES
    list_filter = ["state", "edition__report"]
    list_select_related = ["edition__report"]
    search_fields = ["address", "name", "message_id"]
    show_full_result_count = False
    fields = [
        "edition",
        "recipient",
        "name",
        "address",
        "is_copy",
        "state",
        "server_reply",
        "due",
        "sent_at",
        "attempts",
        "next_attempt",
        "attempt_key",
        "message_id",
        "content_hash",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        rows: QuerySet[Delivery] = super().get_queryset(request).defer("edition__html", "edition__text")
        return rows
