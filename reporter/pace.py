"""How fast mails may go out, over all senders on all hosts: each takes its moment from one row."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings

from reporter.clock import Clock
from reporter.models import Pace as Row

ROW = 1


class Pace:
    """Evenly spaced moments, ``REPORT_MAILS_PER_MINUTE`` of them in a minute; 0 is no limit."""

    def __init__(self, clock: Clock, sleep: Callable[[float], None] = time.sleep) -> None:
        self.clock = clock
        self.sleep = sleep
        self.per_minute: int = settings.REPORT_MAILS_PER_MINUTE

    @property
    def is_limited(self) -> bool:
        return self.per_minute > 0

    def wait(self) -> bool:
        """Wait for the next free moment. False if it lies beyond the time of this pass: none is taken then."""
        while self.is_limited:
            now = self.clock.now()
            row, _new = Row.objects.get_or_create(pk=ROW, defaults={"next_at": now})
            # No further ahead than a few minutes: a clock that was once wrong must not stop all mail.
            moment = max(row.next_at, now) if row.next_at <= now + timedelta(hours=1) else now
            seconds = (moment - now).total_seconds()
            if self.clock.elapsed() + seconds >= self.clock.budget:
                return False
            following = moment + timedelta(minutes=1) / self.per_minute
            if Row.objects.filter(pk=ROW, next_at=row.next_at).update(next_at=following):
                if seconds > 0:
                    self.sleep(seconds)
                return True
        return True
