"""The moment that a pass began with, moved on by what has gone by since."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Clock:
    """Counts from ``start`` on; ``budget`` is how many seconds the pass may take."""

    start: datetime
    budget: float
    _began: float = field(default_factory=time.monotonic)

    def elapsed(self) -> float:
        return time.monotonic() - self._began

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.elapsed())

    def has_time(self) -> bool:
        return self.elapsed() < self.budget
