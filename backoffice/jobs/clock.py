"""Whose clock counts.

Hosts that share a PostgreSQL database go by its clock, since a lease means nothing between clocks that
differ. With SQLite there is one host and its own clock.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from django.db import connection
from django.db.models.expressions import Combinable
from django.db.models.functions import Now
from django.utils import timezone

Moment = datetime | Combinable

# A host whose clock is off by more claims nothing.
CLOCK_TOLERANCE = timedelta(seconds=30)


class ClockIsOff(Exception):
    """This host's clock and the database's differ by more than CLOCK_TOLERANCE."""


def lease_clock() -> Moment:
    """The present moment for leases: read by the database as it writes, where hosts share one."""
    return Now() if connection.vendor == "postgresql" else timezone.now()


def lease_clock_plus(seconds: float) -> Moment:
    """``seconds`` from lease_clock()."""
    moment: Moment = lease_clock() + timedelta(seconds=seconds)
    return moment


def checked_now() -> datetime:
    """The present moment, by the database's clock where hosts share one. Raises ClockIsOff."""
    here = timezone.now()
    if connection.vendor != "postgresql":
        return here
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        there: datetime = cursor.fetchone()[0]
    if abs(there - here) > CLOCK_TOLERANCE:
        raise ClockIsOff(
            f"This host's clock says {here:%Y-%m-%d %H:%M:%S}, the database's {there:%Y-%m-%d %H:%M:%S} (UTC). "
            "Nothing is started here until they agree: set the clock, or let NTP do it."
        )
    return there


def steady_seconds() -> float:
    """Seconds that only go forward, also while the machine sleeps where the system tells."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()
