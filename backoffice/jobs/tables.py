"""Whether the database has the tables that this version wants."""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from backoffice.jobs.models import Job, Run


class NeedsTables(BaseCommand):
    """A command that ends with a clear line where the database has not been migrated."""

    requires_migrations_checks = True

    def check_migrations(self) -> None:
        """Costs two small queries where all is well. What cannot be reached is met, and told, by the command itself."""
        try:
            Job.objects.first()
            Run.objects.first()
        except DatabaseError:
            if connection.connection is not None:
                insist_on_tables()


def insist_on_tables() -> None:
    """Raises CommandError where a migration is yet to be applied, and OperationalError without a database."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise CommandError(_("The database is not up to date. Run first: manage.py migrate"))
