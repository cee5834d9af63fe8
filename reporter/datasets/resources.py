"""A dataset over a model: the rows of a period, as the model's import-export resource writes them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_permission_codename
from django.db import models
from django.utils.functional import Promise
from import_export.resources import ModelResource

from reporter.datasets.base import Table, dataset
from reporter.periods import Period


def register_resource(
    key: str,
    title: str | Promise,
    resource_class: type[ModelResource],
    date_field: str,
    permission: str = "",
) -> None:
    """Offer the rows whose ``date_field`` (a date or a moment) lies in the period, under ``key``.

    They are for those who may view the model, or who have ``permission`` where it is given.
    """
    options = resource_class._meta.model._meta
    viewing = f"{options.app_label}.{get_permission_codename('view', options)}"

    @dataset(key, title=title, permission=permission or viewing)
    def rows_of_period(period: Period) -> Table:
        resource = resource_class()
        rows = resource.get_queryset()
        data = resource.export(rows.filter(**_within(rows.model, date_field, period)))
        return Table(columns=list(data.headers), rows=list(data))


def _within(model: type[models.Model], date_field: str, period: Period) -> dict[str, Any]:
    if isinstance(model._meta.get_field(date_field), models.DateTimeField):
        return {f"{date_field}__gte": period.start, f"{date_field}__lt": period.end}
    return {f"{date_field}__gte": period.first_day, f"{date_field}__lte": period.last_day}
