"""Signs of life for a lease whose holder runs the job in its own process."""

from __future__ import annotations

import logging
import threading
import uuid
from types import TracebackType

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from backoffice.jobs.models import Lease

logger = logging.getLogger(__name__)

# Signs of life in one term of a lease; two thirds may be lost before it is in danger.
BEATS_PER_LEASE = 6


def heartbeat_seconds() -> float:
    return float(settings.JOBS_LEASE_SECONDS) / BEATS_PER_LEASE


class Heartbeat:
    """Renews ``token`` from a thread with a connection of its own, as long as the ``with`` block lasts."""

    def __init__(self, token: uuid.UUID) -> None:
        self._token = token
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        try:
            while not self._over.wait(heartbeat_seconds()):
                try:
                    Lease.objects.renew([self._token])
                except (DatabaseError, InterfaceError) as error:
                    logger.warning("A sign of life could not be written: %s", error)
                    connection.close()
        finally:
            connection.close()
