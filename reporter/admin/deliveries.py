from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from backoffice.jobs.admin.base import LargeTable, ReadOnly, user_of
from backoffice.jobs.admin.exporting import ExportsRows
from backoffice.jobs.admin.filters import DayRangeFilter
from reporter import control
from reporter.admin.base import NOTHING, moment_in
from reporter.admin.reaching import MOST
from reporter.models import Delivery, DeliveryState

DELIVERY_TIMES = ["due", "sent", "next_attempt"]


class DeliveryTimes:
    """Moments by the clock of the report, and the state with who said so."""

    @admin.display(description=_("due"), ordering="due_at")
    def due(self, delivery: Delivery) -> str:
        return moment_in(delivery.edition.zone, delivery.due_at)

    @admin.display(description=_("sent"), ordering="sent_at")
    def sent(self, delivery: Delivery) -> str:
        return moment_in(delivery.edition.zone, delivery.sent_at)

    @admin.display(description=_("next attempt"))
    def next_attempt(self, delivery: Delivery) -> str:
        """None once it is decided, or while it is being sent."""
        is_waiting = delivery.state == DeliveryState.PENDING
        return moment_in(delivery.edition.zone, delivery.next_attempt_at) if is_waiting else NOTHING

    @admin.display(description=_("state"), ordering="state")
    def shown_state(self, delivery: Delivery) -> str:
        """With who said so, where a person decided."""
        state = str(delivery.get_state_display())
        if delivery.decided_by:
            text = gettext("%(state)s, says %(person)s")
            state = text % {"state": state, "person": delivery.decided_by.get_username()}
        if delivery.superseded_by_id:
            state = gettext("%(state)s; sent again") % {"state": state}
        return state


@admin.register(Delivery)
class DeliveryAdmin(DeliveryTimes, ExportsRows, LargeTable, ReadOnly, admin.ModelAdmin):
    export_permission, export_stem = control.EXPORT_DELIVERIES, "deliveries"
    export_moments = (6, 7)
    list_display = ["address", "edition", "shown_state", "server_reply", "sent", "due", "why"]
    readonly_fields = [*DELIVERY_TIMES, "shown_state", "why", "retention"]
    list_filter = ["state", ("due_at", DayRangeFilter), "edition__report", "edition__why"]
    list_select_related = ["edition__report", "decided_by"]
    actions = ["resend", "decide"]
    search_fields = ["address", "name", "message_id"]
    fields = [
        "edition",
        "recipient",
        "name",
        "address",
        "is_copy",
        "retention",
        "shown_state",
        "why",
        "server_reply",
        "due",
        "sent",
        "attempts",
        "next_attempt",
        "attempt_key",
        "message_id",
        "content_hash",
        "superseded_by",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        rows: QuerySet[Delivery] = super().get_queryset(request).defer("edition__html", "edition__text")
        return rows

    @staticmethod
    def get_rangefilter_due_at_title(request: HttpRequest, field_path: str) -> str:
        return gettext("day")

    @admin.display(description=_("asked for by"))
    def why(self, delivery: Delivery) -> str:
        return str(delivery.edition.get_why_display())

    @admin.display(description=_("personal data"))
    def retention(self, delivery: Delivery) -> str:
        if not delivery.removed_at:
            return gettext("is kept as REPORT_KEEP_ADDRESSES_DAYS says")
        text = gettext("Name and address were removed on %(moment)s, as REPORT_KEEP_ADDRESSES_DAYS says.")
        return text % {"moment": moment_in(delivery.edition.zone, delivery.removed_at)}

    # --- Again, and what nobody knows: pages that ask ---

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return user_of(request).has_perms([control.RESEND, "reporter.view_edition"])

    @admin.action(description=_("Send again"), permissions=["resend"])
    def resend(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> HttpResponse | None:
        return self._lead_to("resend", request, queryset)

    @admin.action(description=_("Say whether it arrived"), permissions=["resend"])
    def decide(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> HttpResponse | None:
        return self._lead_to("decide", request, queryset.filter(state=DeliveryState.UNKNOWN))

    def _lead_to(self, page: str, request: HttpRequest, queryset: QuerySet[Delivery]) -> HttpResponse | None:
        chosen = list(queryset.order_by("pk").values_list("pk", "edition")[: MOST + 1])
        editions = {edition for _pk, edition in chosen}
        if not 0 < len(chosen) <= MOST or len(editions) != 1:
            text = gettext("Choose between 1 and %(count)d deliveries of one edition; to decide about, unknown ones.")
            self.message_user(request, text % {"count": MOST}, messages.WARNING)
            return None
        query = {"delivery": [pk for pk, _edition in chosen]}
        return HttpResponseRedirect(reverse(f"admin:reporter_edition_{page}", args=list(editions), query=query))

    def exported_rows(self, queryset: QuerySet[Delivery]) -> Iterator[list[Any]]:
        from reporter.admin import exports  # import-export is slow to import

        return exports.rows(queryset)
