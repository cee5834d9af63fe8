"""Queries as datasets: their keys are ``sql:<id>``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError

from backoffice.jobs.told import gettext as _
from reporter.datasets.base import Dataset, DatasetError, Family, Table, register_family
from reporter.datasets.sql.parameters import Parameter, declared, values
from reporter.datasets.sql.running import run
from reporter.models.query import FAMILY, USE_SQL, WRITE_SQL, Query
from reporter.periods import Period

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


@dataclass(frozen=True)
class SqlDataset(Dataset):
    query: Query = field(kw_only=True)

    def allowed_to(self, user: User | AnonymousUser) -> bool:
        return user.has_perm(USE_SQL) or user.has_perm(WRITE_SQL)

    @property
    def parameters(self) -> Sequence[Parameter]:
        return declared(self.query.parameters)

    def _rows(self, period: Period, parameters: Mapping[str, object]) -> Table:
        try:
            asked_with = values(self.parameters, parameters, period)
        except ValidationError as error:
            text = _("The query “%(query)s” was changed: %(problem)s Put it right in the section of the report.")
            raise DatasetError(text % {"query": self.query, "problem": " ".join(error.messages)}) from None
        try:
            result = run(self.query.database, self.query.sql, asked_with)
        except DatasetError as error:  # a report may have several
            text = _("“%(query)s”: %(problem)s") % {"query": self.query, "problem": error}
            raise DatasetError(text, error.details, is_permanent=error.is_permanent) from error
        return Table(result.columns, result.rows)


def _dataset(query: Query) -> SqlDataset:
    return SqlDataset(query.dataset_key, query.name, _no_source, USE_SQL, query=query)


def _no_source(period: Period) -> Table:
    raise NotImplementedError("an SqlDataset asks its query")


def _find(rest: str) -> Dataset | None:
    query = Query.objects.filter(pk=int(rest)).first() if rest.isdecimal() and len(rest) < 19 else None
    return _dataset(query) if query else None


def _all() -> Sequence[Dataset]:
    return [_dataset(query) for query in Query.objects.all()]


register_family(FAMILY, Family(_find, _all))
