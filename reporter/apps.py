from __future__ import annotations

from django.apps import AppConfig
from django.core.checks import register
from django.utils.translation import gettext_lazy as _


class ReporterConfig(AppConfig):
    name = "reporter"
    verbose_name = _("Reports")

    def ready(self) -> None:
        from reporter.checks import check_databases, check_domains, check_job, check_mail, check_sender

        register(check_mail)
        register(check_sender)
        register(check_job)
        register(check_domains)
        register(check_databases)
