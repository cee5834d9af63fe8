"""How far a job is, as it tells by ``self.progress(done, total, "what")``."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from backoffice.jobs.storable import first_line, storable


class Progress(NamedTuple):
    done: float | None = None
    total: float | None = None
    what: str = ""


class LatestProgress:
    """The last that a job told. To tell costs it an assignment; a thread beside it passes on what is new."""

    def __init__(self) -> None:
        self._told: tuple[Any, Any, Any] | None = None
        self._passed_on: tuple[Any, Any, Any] | None = None

    def tell(self, done: Any = None, total: Any = None, what: Any = "") -> None:
        self._told = (done, total, what)

    def news(self) -> Progress | None:
        """What was told last, if it was not passed on yet. Never raises, whatever a job told."""
        told = self._told
        if told is None or told is self._passed_on:
            return None
        self._passed_on = told
        done, total, what = told
        return Progress(_number(done), _number(total), first_line(storable(what)))


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except Exception:
        return None
    return number if math.isfinite(number) else None
