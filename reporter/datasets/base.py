"""What a dataset is, and where they are registered.

A dataset is a function from a period to a table. An app offers its own in a module named ``datasets``:

    @dataset("orders", title=_("Orders"))
    def orders(period: Period) -> Table: ...

These modules are imported when the first report is built or edited, not by a tick that has nothing to build.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import Any

from django.apps import apps
from django.utils.functional import Promise
from django.utils.module_loading import module_has_submodule

from reporter.periods import Period

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Table:
    """Rows under headings. Cells are text, numbers, dates, moments, durations or None; notes stand below."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    notes: Sequence[str] = field(default=())


Source = Callable[[Period], Table]


@dataclass(frozen=True)
class Dataset:
    key: str
    title: str | Promise
    source: Source

    def table(self, period: Period) -> Table:
        """What it says of ``period``. A mistake in the function is said in the words of who wrote it."""
        table = self.source(period)
        if not isinstance(table, Table):
            raise TypeError(f"{self.key} must return a Table, not {type(table).__name__}")
        width = len(table.columns)
        for number, row in enumerate(table.rows, start=1):
            if len(row) != width:
                raise ValueError(f"{self.key}: row {number} has {len(row)} cells, {width} columns")
        return table


class DatasetTaken(Exception):
    """Two datasets have one key."""


_registered: dict[str, Dataset] = {}


def dataset(key: str, *, title: str | Promise) -> Callable[[Source], Source]:
    """Register the function below it. ``key`` is what reports remember; ``title`` is what people choose."""

    def register(source: Source) -> Source:
        known = _registered.get(key)
        if known and known.source is not source:
            raise DatasetTaken(f"Two datasets are called {key!r}: {known.source} and {source}.")
        _registered[key] = Dataset(key, title, source)
        return source

    return register


def find(key: str) -> Dataset | None:
    """The dataset ``key``; None if no installed app has it."""
    _discover()
    return _registered.get(key)


def choices() -> list[tuple[str, str]]:
    """All datasets as a form offers them, by title."""
    _discover()
    return sorted(((entry.key, str(entry.title)) for entry in _registered.values()), key=lambda pair: pair[1])


@cache
def _discover() -> None:
    import_module("reporter.datasets.builtin")
    for app in apps.get_app_configs():
        if app.module is None or not module_has_submodule(app.module, "datasets"):
            continue
        try:
            import_module(f"{app.name}.datasets")
        except Exception:  # one broken module must not take the datasets of the others with it
            logger.exception("The datasets of %s cannot be imported", app.name)
