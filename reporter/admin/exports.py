"""What was sent to whom, as a file: the rows that the list shows, in their order, row by row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy
from import_export.fields import Field
from import_export.resources import ModelResource

from reporter.models import Delivery
from reporter.zones import zoned


class DeliveryResource(ModelResource):
    """The columns. Moments are by the clock of the report."""

    report = Field(column_name=gettext_lazy("report"))
    day = Field(column_name=gettext_lazy("day"))
    why = Field(column_name=gettext_lazy("asked for by"))
    name = Field(column_name=gettext_lazy("name"))
    address = Field(column_name=gettext_lazy("e-mail address"))
    state = Field(column_name=gettext_lazy("state"))
    due_at = Field(column_name=gettext_lazy("due"))
    sent_at = Field(column_name=gettext_lazy("sent"))
    attempts = Field(column_name=gettext_lazy("attempts"))
    server_reply = Field(column_name=gettext_lazy("answer of the server"))
    decided_by = Field(column_name=gettext_lazy("decided by"))
    message_id = Field(column_name="Message-ID")

    class Meta:
        model = Delivery
        fields = (
            *("report", "day", "why", "name", "address", "state", "due_at", "sent_at", "attempts", "server_reply"),
            *("decided_by", "message_id"),
        )
        export_order = fields
        chunk_size = 500

    def dehydrate_report(self, row: Delivery) -> str:
        return row.edition.report.name

    def dehydrate_day(self, row: Delivery) -> str:
        return row.edition.local_date.isoformat()

    def dehydrate_why(self, row: Delivery) -> str:
        return str(row.edition.get_why_display())

    def dehydrate_name(self, row: Delivery) -> str:
        return row.name

    def dehydrate_address(self, row: Delivery) -> str:
        return row.address

    def dehydrate_state(self, row: Delivery) -> str:
        return str(row.get_state_display())

    def dehydrate_due_at(self, row: Delivery) -> datetime | None:
        return _moment(row.due_at, row.edition.zone)

    def dehydrate_sent_at(self, row: Delivery) -> datetime | None:
        return _moment(row.sent_at, row.edition.zone)

    def dehydrate_attempts(self, row: Delivery) -> int:
        return row.attempts

    def dehydrate_server_reply(self, row: Delivery) -> str:
        return str(row.server_reply)

    def dehydrate_decided_by(self, row: Delivery) -> str:
        return row.decided_by.get_username() if row.decided_by else ""

    def dehydrate_message_id(self, row: Delivery) -> str:
        return row.message_id


def rows(deliveries: QuerySet[Delivery]) -> Iterator[list[Any]]:
    """The names of the columns, then a row for each delivery, read in portions by one query."""
    resource = DeliveryResource()
    yield [capfirst(name) for name in resource.get_export_headers()]
    for row in resource.iter_queryset(deliveries.select_related("edition__report", "decided_by")):
        yield resource.export_resource(row)


def _moment(at: datetime | None, zone: str) -> datetime | None:
    return zoned(at, zone).replace(microsecond=0) if at else None
