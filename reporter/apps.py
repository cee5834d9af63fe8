from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReporterConfig(AppConfig):
    name = "reporter"
    verbose_name = _("Reports")

    def ready(self) -> None:
        from reporter import checks  # noqa: F401  registers them
