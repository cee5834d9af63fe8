"""The web server and the scheduler together: enough for an installation on one machine."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection
from django.utils.translation import gettext as _

from backoffice import serving
from backoffice.jobs.tables import insist_on_tables


class Command(BaseCommand):
    help = "Serve the site, and tick every 15 seconds, until Ctrl-C or SIGTERM."
    requires_system_checks = []  # later: some ask the database, which may not be there

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            listener = serving.listen(settings.PORT)
        except serving.PortTaken as error:
            raise CommandError(str(error)) from error
        try:
            self._insist_on_database()
            self.check()
        except CommandError:
            listener.close()
            raise
        self.stdout.write(_("Open %(address)s – Ctrl-C ends it.") % {"address": settings.SITE_URL})
        self.stdout.flush()
        sys.exit(serving.serve(listener, self.stdout.write))

    @staticmethod
    def _insist_on_database() -> None:
        """Without its tables, each page and each tick would fail."""
        try:
            insist_on_tables()
        except OperationalError as error:
            text = _("The database cannot be used: %(error)s. Look at DATABASE_URL and DATA_DIR.")
            raise CommandError(text % {"error": str(error).strip()}) from error
        finally:
            connection.close()
