"""What a new installation shows: reports, in both languages, that are due at once; three of them over a small shop."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User
from django.core import serializers
from django.db import transaction
from django.utils.translation import gettext as _

from reporter import demo_shop
from reporter.models import Delivery, DeliveryState, Recipient, Report, ReportSection, Subscription
from reporter.transports import outbox_path

FIXTURE = settings.BASE_DIR / "fixtures" / "demo_reports.json"

# Deliveries that describe_sent() looks back at.
SHOWN = 40


@transaction.atomic
def load_demo(owner: User, now: datetime) -> None:
    """Make the fixture's reports, and who gets them, where they are not there.

    New ones are due since their latest slot, so that the first pass sends them; nothing that is there is changed.
    """
    there = set(Report.objects.values_list("name", flat=True))
    for loaded in serializers.deserialize("json", FIXTURE.read_text(encoding="utf-8")):
        row = loaded.object
        match row:
            case Report() if row.name not in there:
                row.owner, row.zone = owner, settings.TIME_ZONE
                row.next_due_at = _latest_slot(row, now)
                row.save()
            case Recipient() if not Recipient.objects.filter(address__iexact=row.address).exists():
                row.save()
            case ReportSection() | Subscription() if row.report.name not in there:
                row.save()
    demo_shop.load(owner, now, lambda report: _latest_slot(report, now))


def keep_up(now: datetime) -> None:
    """The shop goes on selling, as long as its file is there."""
    demo_shop.keep_up(now)


def _latest_slot(report: Report, now: datetime) -> datetime:
    # Two days hold one slot of a daily report at least, whatever clocks are changed in between.
    due = report.timetable.due(now - timedelta(days=2), now)
    return due.latest.at if due else now


def describe_sent() -> list[str]:
    """The latest mails that were sent, a line each: what, to whom, and where to read it."""
    sent = Delivery.objects.filter(state=DeliveryState.SENT).select_related("edition").order_by("-pk")[:SHOWN]
    return [_line(delivery) for delivery in reversed(sent)]


def _line(delivery: Delivery) -> str:
    line = _("“%(subject)s” to %(name)s <%(address)s>") % {
        "subject": delivery.edition.subject,
        "name": delivery.name,
        "address": delivery.address,
    }
    path = outbox_path(Path(settings.MAIL_OUTBOX), delivery.message_id)
    if settings.MAIL_SERVER is None and path.exists():
        return _("%(line)s, to be read in %(path)s") % {"line": line, "path": path}
    return line
