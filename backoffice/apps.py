"""App configurations of the project; makes the released django-cron 0.6.0 load on today's Django.

``CronJobLog.Meta.index_together`` is refused by Django 5.1 and later. While ``django_cron.models`` is
imported, and only then, the option is read as the indexes that it means; the first migration is told the
same, so that the state and the tables agree: SQLite rebuilds the table in migration 0002 and keeps only
the indexes that the state knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.contrib.admin.apps import SimpleAdminConfig
from django.core.exceptions import ImproperlyConfigured
from django.db.migrations import AlterIndexTogether
from django.db.models import Index, Model
from django.db.models.options import Options
from django.db.models.signals import post_migrate


@contextmanager
def _index_together_read_as_indexes() -> Iterator[None]:
    original = Options.contribute_to_class

    def contribute_to_class(self: Any, cls: Any, name: str) -> None:
        index_together = self.meta.__dict__.get("index_together") if self.meta else None
        if index_together:
            del self.meta.index_together
            self.meta.indexes = [Index(fields=list(fields)) for fields in index_together]
        original(self, cls, name)

    Options.contribute_to_class = contribute_to_class  # type: ignore[method-assign]
    try:
        yield
    finally:
        Options.contribute_to_class = original  # type: ignore[method-assign]


def _teach_first_migration(log_model: type[Model]) -> None:
    migration = import_module("django_cron.migrations.0001_initial").Migration
    create, *others = migration.operations
    create.options["indexes"] = [index.clone() for index in log_model._meta.indexes]
    migration.operations = [
        create,
        *(operation for operation in others if not isinstance(operation, AlterIndexTogether)),
    ]


def _sync_roles(**kwargs: Any) -> None:
    from backoffice.roles import sync_after_migrate  # needs models

    sync_after_migrate(**kwargs)


class BackOfficeConfig(AppConfig):
    """Must stand before ``django_cron`` in INSTALLED_APPS; says so when it does not."""

    name = "backoffice"
    verbose_name = "Back office"
    default = True

    def __init__(self, app_name: str, app_module: Any) -> None:
        self._insist_on_order()  # before any models are imported: theirs would fail with less to go by
        super().__init__(app_name, app_module)

    def import_models(self) -> None:
        apps.get_app_config("django_cron").default_auto_field = "django.db.models.AutoField"
        with _index_together_read_as_indexes():
            models = import_module("django_cron.models")
        _teach_first_migration(models.CronJobLog)
        super().import_models()

    def ready(self) -> None:
        post_migrate.connect(_sync_roles, dispatch_uid="backoffice.roles")

    @staticmethod
    def _insist_on_order() -> None:
        listed = list(settings.INSTALLED_APPS)
        if "django_cron" not in listed or listed.index("django_cron") < listed.index("backoffice"):
            raise ImproperlyConfigured(
                "INSTALLED_APPS must list 'backoffice' first and 'django_cron' after it: "
                "django-cron 0.6.0 does not load by itself on Django 5.1 or later."
            )


class BackOfficeAdminConfig(SimpleAdminConfig):
    """The admin with our site, discovered by urls.py: a tick does not pay for importing it."""

    default_site = "backoffice.site.BackOfficeSite"
    default = False
