from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.apps import apps as current_apps
from django.apps.registry import Apps
from django.db import DEFAULT_DB_ALIAS
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class JobsConfig(AppConfig):
    name = "backoffice.jobs"
    verbose_name = _("Scheduled jobs")

    def ready(self) -> None:
        from backoffice.jobs import checks  # noqa: F401  registers them

        post_migrate.connect(_sync_jobs, sender=self, dispatch_uid="backoffice.jobs.registry")
        _name_the_log_in_every_language()


def _sync_jobs(using: str, apps: Apps = current_apps, **kwargs: Any) -> None:
    """Let staff see the jobs before the first tick."""
    from django.utils import timezone

    from backoffice.jobs import registry
    from backoffice.jobs.models import Job

    try:
        migrated = apps.get_model("jobs", "Job")
    except LookupError:  # only some other app was migrated, on an empty database
        return
    has_all_columns = {field.column for field in migrated._meta.local_fields} == {
        field.column for field in Job._meta.local_fields
    }
    if using == DEFAULT_DB_ALIAS and has_all_columns:
        registry.sync(timezone.now())


def _name_the_log_in_every_language() -> None:
    """django-cron's own models are called by their English names; migrations do not look at what is set here."""
    django_cron = current_apps.get_app_config("django_cron")
    django_cron.verbose_name = _("Log")
    names = {
        "cronjoblog": (_("cron job log"), _("cron job logs")),
        "cronjoblock": (_("django-cron lock"), _("django-cron locks")),
    }
    for model_name, (one, many) in names.items():
        options = django_cron.get_model(model_name)._meta
        options.verbose_name, options.verbose_name_plural = one, many
