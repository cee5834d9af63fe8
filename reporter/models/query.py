"""A query on a database that the operator names. It is a dataset, with versions of its own."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

# Keys of its datasets begin with it.
FAMILY = "sql"

# Who may choose a query for a report, and who may write one: the latter sees what databases answer.
USE_SQL = "reporter.use_sql"
WRITE_SQL = "reporter.write_sql"


class Query(models.Model):
    """Changed by ``control`` alone, which knows by whom; every save is a version."""

    name = models.CharField(_("name"), max_length=120, unique=True, help_text=_("What people choose in a report."))
    description = models.TextField(_("description"), blank=True, help_text=_("What its rows are, for those people."))
    database = models.CharField(_("database"), max_length=64)
    sql = models.TextField("SQL")
    parameters = models.JSONField(_("parameters"), default=list, blank=True)  # name, kind, default
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("created by"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("changed by"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    history = HistoricalRecords(
        verbose_name=_("version of a query"),
        verbose_name_plural=_("versions of queries"),
        excluded_fields=["created_by", "changed_by", "created_at", "changed_at"],
    )

    class Meta:
        verbose_name = _("query")
        verbose_name_plural = _("queries")
        ordering = ["name"]
        default_permissions = ("view",)  # write_sql stands for all the others
        permissions = [
            ("use_sql", _("Can use SQL queries in reports")),
            ("write_sql", _("Can write SQL queries")),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def dataset_key(self) -> str:
        return f"{FAMILY}:{self.pk}"
