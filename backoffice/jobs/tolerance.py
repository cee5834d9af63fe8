"""Database trouble that a supervisor has to live with: it costs one try, not the jobs that run."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from backoffice.jobs.storable import storable

logger = logging.getLogger(__name__)

# Seconds that a supervisor waits for another writer on SQLite. Less than others: it tries again, and has to
# hear in between that it is to stop, or that a job has to be ended.
BUSY_SECONDS = 2


@contextmanager
def tolerated(what: str, busy_seconds: float = BUSY_SECONDS) -> Iterator[None]:
    """Log what could not be done; it is tried again. OSError: there was no process or descriptor to be had."""
    try:
        with suppress(DatabaseError):  # a file that cannot be opened: what follows meets it, too, and says so
            _wait_for_writers(busy_seconds)
        try:
            yield
        finally:
            _wait_for_writers(settings.SQLITE_BUSY_TIMEOUT)
    except (DatabaseError, InterfaceError, OSError) as error:
        logger.warning("Could not %s: %s", what, storable(error).strip())
        connection.close()


def _wait_for_writers(seconds: float) -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}")
