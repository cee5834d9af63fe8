"""What somebody who looks after reports should see first. A handful of indexed queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from reporter.board import LATE_AFTER
from reporter.models import Delivery, DeliveryState, Edition, EditionState, Hold, Report

RECENT = timedelta(hours=24)


@dataclass(frozen=True)
class Attention:
    """Counts; ``mail_problem`` is what the server said last, of what is late."""

    failed: int
    unknown: int
    held: int
    to_approve: int
    overdue: int
    late: int
    mail_problem: str
    since: datetime

    @property
    def is_quiet(self) -> bool:
        return not any((self.failed, self.unknown, self.held, self.to_approve, self.overdue, self.late))


def attention(now: datetime) -> Attention:
    went_wrong = (EditionState.FAILED, EditionState.PARTLY_SENT)
    recent = Edition.objects.for_readers().filter(due_at__gte=now - RECENT, due_at__lte=now, state__in=went_wrong)
    held = list(Edition.objects.held().values_list("hold", flat=True))
    late = Delivery.objects.filter(state=DeliveryState.PENDING, due_at__lt=now - LATE_AFTER).not_held()
    last = late.exclude(server_reply="").order_by("next_attempt_at").values_list("server_reply", flat=True).first()
    return Attention(
        failed=recent.count(),
        unknown=Delivery.objects.unknown().standing().count(),
        held=sum(hold != Hold.APPROVAL for hold in held),
        to_approve=sum(hold == Hold.APPROVAL for hold in held),
        overdue=Report.objects.due(now - LATE_AFTER).count(),
        late=late.count(),
        mail_problem=last or "",
        since=now - RECENT,
    )
