"""What somebody who looks after reports should see first. A handful of indexed queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q

from reporter.board import LATE_AFTER
from reporter.models import Delivery, DeliveryState, Edition, EditionState, Hold, Report
from reporter.models.delivery import DeliveryQuerySet

RECENT = timedelta(hours=24)


@dataclass(frozen=True)
class Attention:
    """Counts; ``mail_problem`` is what the server said of most of those that are late or put off."""

    failed: int
    unknown: int
    held: int
    to_approve: int
    overdue: int
    late: int
    put_off: int
    next_attempt_at: datetime | None  # of those that are put off, the first
    mail_problem: str
    since: datetime

    @property
    def is_quiet(self) -> bool:
        counts = (self.failed, self.unknown, self.held, self.to_approve, self.overdue, self.late, self.put_off)
        return not any(counts)


def attention(now: datetime) -> Attention:
    went_wrong = (EditionState.FAILED, EditionState.PARTLY_SENT)
    recent = Edition.objects.for_readers().filter(due_at__gte=now - RECENT, due_at__lte=now, state__in=went_wrong)
    held = list(Edition.objects.held().values_list("hold", flat=True))
    waiting = _waiting(now)
    return Attention(
        failed=recent.count(),
        unknown=Delivery.objects.unknown().standing().count(),
        held=sum(hold != Hold.APPROVAL for hold in held),
        to_approve=sum(hold == Hold.APPROVAL for hold in held),
        overdue=Report.objects.due(now - LATE_AFTER).count(),
        late=waiting["late"],
        put_off=waiting["put_off"],
        next_attempt_at=waiting["next_attempt_at"],
        mail_problem=_pending(now).usual_reply() if waiting["late"] or waiting["put_off"] else "",
        since=now - RECENT,
    )


def _waiting(now: datetime) -> dict[str, Any]:
    """Of the deliveries that wait, in one query: those that are late, and of the others those that are tried again."""
    long_ago, was_tried = now - LATE_AFTER, ~Q(server_reply="")
    put_off = Q(due_at__gte=long_ago, next_attempt_at__gt=now) & was_tried
    return _pending(now).aggregate(
        late=Count("pk", filter=Q(due_at__lt=long_ago)),
        put_off=Count("pk", filter=put_off),
        next_attempt_at=Min("next_attempt_at", filter=put_off),
    )


def _pending(now: datetime) -> DeliveryQuerySet:
    return Delivery.objects.filter(state=DeliveryState.PENDING, due_at__lte=now).not_held()
