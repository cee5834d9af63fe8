"""The web server and the scheduler together: enough for an installation on one machine."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from backoffice import serving


class Command(BaseCommand):
    help = "Serve the site, and tick every 15 seconds, until Ctrl-C or SIGTERM."

    requires_migrations_checks = True

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            listener = serving.listen(settings.PORT)
        except serving.PortTaken as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_("Open %(address)s – Ctrl-C ends it.") % {"address": settings.SITE_URL})
        self.stdout.flush()
        sys.exit(serving.serve(listener, self.stdout.write))
