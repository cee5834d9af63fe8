"""What a dataset is, and where they are registered.

A dataset is a function from a period to a table. An app offers its own in a module named ``datasets``:

    @dataset("orders", title=_("Orders"))
    def orders(period: Period) -> Table: ...

These modules are imported when the first report is built or edited, not by a tick that has nothing to build.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.utils.functional import Promise
from django.utils.module_loading import module_has_submodule

from reporter.periods import Period

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    from reporter.datasets.sql.parameters import Parameter

logger = logging.getLogger(__name__)

# Who may see what reports say may see what a dataset says, unless it asks for more.
SEE_REPORTS = "reporter.view_report"


class DatasetError(Exception):
    """A dataset says nothing; the message tells staff what to do. It is read in the history of the edition.

    ``details`` are the words of a database or of a program: for those who may write SQL, and for no other. Where it
    ``is_permanent``, a second attempt would fare no better, and none is made.
    """

    def __init__(self, message: str, details: str = "", *, is_permanent: bool = True) -> None:
        super().__init__(message)
        self.details = details
        self.is_permanent = is_permanent


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
    permission: str = SEE_REPORTS

    def allowed_to(self, user: User | AnonymousUser) -> bool:
        """Whether ``user`` may see what it says; asked when it is chosen, changed, and each time it is sent."""
        return user.has_perm(self.permission)

    @property
    def parameters(self) -> Sequence[Parameter]:
        """What a section has to say beside the period."""
        return ()

    def table(self, period: Period, parameters: Mapping[str, object] | None = None) -> Table:
        """What it says of ``period``. A mistake in the function is said in the words of who wrote it.

        ``parameters`` are those of the section. Raises DatasetError where staff can do something about it.
        """
        table = self._rows(period, parameters or {})
        if not isinstance(table, Table):
            raise TypeError(f"{self.key} must return a Table, not {type(table).__name__}")
        width = len(table.columns)
        for number, row in enumerate(table.rows, start=1):
            if len(row) != width:
                raise ValueError(f"{self.key}: row {number} has {len(row)} cells, {width} columns")
        return table

    def _rows(self, period: Period, parameters: Mapping[str, object]) -> Table:
        return self.source(period)


class DatasetTaken(Exception):
    """Two datasets have one key."""


@dataclass(frozen=True)
class Family:
    """Datasets that people make in the browser; their keys are ``name:id``."""

    find: Callable[[str], Dataset | None]  # by the id
    all: Callable[[], Sequence[Dataset]]


_registered: dict[str, Dataset] = {}
_families: dict[str, Family] = {}


def register_family(name: str, family: Family) -> None:
    _families[name] = family


def dataset(key: str, *, title: str | Promise, permission: str = SEE_REPORTS) -> Callable[[Source], Source]:
    """Register the function below it. ``key`` is what reports remember; ``title`` is what people choose.

    Only who has ``permission`` (``app.codename``) may put it into a report, or own a report with it.
    """

    def register(source: Source) -> Source:
        known = _registered.get(key)
        if known and known.source is not source:
            raise DatasetTaken(f"Two datasets are called {key!r}: {known.source} and {source}.")
        _registered[key] = Dataset(key, title, source, permission)
        return source

    return register


def find(key: str) -> Dataset | None:
    """The dataset ``key``; None if no installed app has it, or nobody made it."""
    _discover()
    name, colon, rest = key.partition(":")
    if colon and name in _families:
        return _families[name].find(rest)
    return _registered.get(key)


def choices(user: User | None = None) -> list[tuple[str, str]]:
    """All datasets as a form offers them, by title; with ``user`` those that this person may see."""
    _discover()
    entries = [*_registered.values(), *(entry for family in _families.values() for entry in family.all())]
    offered = [(entry.key, str(entry.title)) for entry in entries if user is None or entry.allowed_to(user)]
    return sorted(offered, key=lambda pair: pair[1])


@cache
def _discover() -> None:
    import_module("reporter.datasets.builtin")
    import_module("reporter.datasets.sql.dataset")
    for app in apps.get_app_configs():
        if app.module is None or not module_has_submodule(app.module, "datasets"):
            continue
        try:
            import_module(f"{app.name}.datasets")
        except Exception:  # one broken module must not take the datasets of the others with it
            logger.exception("The datasets of %s cannot be imported", app.name)
