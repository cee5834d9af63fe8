"""Changes of state: one conditional UPDATE each, whose row count says who won."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from django.db import models

M = TypeVar("M", bound=models.Model)


class IllegalChange(Exception):
    """An edition or a delivery was to go from a state to one that does not follow it."""


class StateQuerySet(models.QuerySet[M]):
    changes: ClassVar[Mapping[Any, frozenset[Any]]]  # from → to

    def change(self, old: str, new: str, **values: Any) -> int:
        """Bring the rows that are in ``old`` to ``new``; how many they were. Raises IllegalChange."""
        if new not in self.changes.get(old, ()):
            raise IllegalChange(f"{self.model.__name__} cannot go from {old} to {new}.")
        return self.filter(state=old).update(state=new, **values)
