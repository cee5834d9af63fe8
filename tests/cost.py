"""What something costs, in calls of functions: the same on a slow machine as on a fast one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def counted(act: Callable[[], T]) -> tuple[T, int]:
    """Do it; its result, and how many functions were called for it, Python's and C's."""
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        return act(), calls
    finally:
        sys.setprofile(before)
