"""From a fresh checkout to a site that can be looked at: set-up, demo, web server and scheduler."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, connections, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice import demo, first_login, serving
from backoffice.jobs.models import Run
from backoffice.jobs.models.choices import TROUBLE


class Command(BaseCommand):
    help = "Set everything up with a demo, print how to log in, and serve the site with its scheduler."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--no-serve", action="store_true", help="set up, tick once, say what was sent, and end")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["no_serve"]:
            self._set_up(_("%(address)s, after: manage.py serve"))
            self._tick()
            return
        try:
            listener = serving.listen(settings.PORT)
        except serving.PortTaken as error:
            raise CommandError(str(error)) from error
        self._set_up("%(address)s")
        self.stdout.write(_("Ctrl-C ends it.") + "\n")
        self.stdout.flush()
        connections.close_all()
        sys.exit(serving.serve(listener, self.stdout.write))

    def _set_up(self, where: str) -> None:
        try:
            call_command("migrate", verbosity=0, interactive=False)
            with transaction.atomic():
                # Where there are people already, neither a user nor the demo that somebody removed comes back.
                if not User.objects.exists():
                    demo.load(first_login.make_admin(), timezone.now())
                else:
                    demo.keep_up(timezone.now())
        except OperationalError as error:
            text = _("The database cannot be used: %(error)s. Look at DATABASE_URL and DATA_DIR.")
            raise CommandError(text % {"error": str(error).strip()}) from error
        self._say_how_to_log_in(where % {"address": settings.SITE_URL}, first_login.known_password())

    def _say_how_to_log_in(self, where: str, password: str) -> None:
        kept_in = _("(kept in %(file)s; change it in the browser)") % {"file": first_login.password_file()}
        lines = [
            (_("Open"), where),
            (_("User"), first_login.USERNAME),
            (_("Password"), f"{password}   {kept_in}" if password else _("as you set it")),
            (_("Mail"), self._where_mail_goes()),
        ]
        self.stdout.write("")
        for name, value in lines:
            self.stdout.write(f"  {name:<10} {value}")
        self.stdout.write("")

    @staticmethod
    def _where_mail_goes() -> str:
        if settings.MAIL_PROBLEM:
            return _("nowhere: EMAIL_URL cannot be used: %(problem)s") % {"problem": settings.MAIL_PROBLEM}
        if settings.MAIL_SERVER:
            return _("through %(host)s") % {"host": settings.MAIL_SERVER.host}
        return _("files in %(folder)s") % {"folder": Path(settings.MAIL_OUTBOX)}

    def _tick(self) -> None:
        """What the scheduler does, once; then what its runs did, and what has been sent."""
        sent_before, last_run = demo.sent(), Run.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        call_command("runcrons", silent=True, stderr=self.stderr)
        runs = list(Run.objects.filter(pk__gt=last_run).select_related("job").order_by("pk"))
        for run in runs:
            self.stdout.write(f"{run.job.code}: {run.shown_status.label}. {run.summary}")
        if not runs:
            self.stdout.write(_("No job was due."))
        new = [line for line in demo.sent() if line not in sent_before]
        self.stdout.write(_("Sent:") if new else _("Nothing new was sent. Sent before:"))
        for line in new or sent_before or [_("nothing")]:
            self.stdout.write(f"  {line}")
        if any(run.status in TROUBLE for run in runs):
            raise CommandError(_("A job failed: see above, and the logs in the browser."))
