"""Gives each role what it lacks. After every migrate this is done already."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from backoffice.roles import ROLES, sync_roles


class Command(BaseCommand):
    help = "Make the roles (groups), and give each the permissions it lacks. What was added by hand stays."

    def handle(self, *args: Any, **options: Any) -> None:
        given = sync_roles()
        values = {"roles": ", ".join(ROLES), "given": given}
        self.stdout.write(_("Roles: %(roles)s. Permissions given: %(given)d.") % values)
