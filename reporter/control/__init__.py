"""What people do with reports. Each function checks the permission, does it, and writes down who did it and why."""

from reporter.control.queries import (
    QueryInUse,
    delete_query,
    put_back,
    save_query,
    sections_of,
    sections_without_values,
    trial_values,
    try_query,
)
from reporter.control.sending import SEND, AlreadyAskedFor, NothingToSend, NotSent, send_now, what_is_missing
from reporter.control.timetables import reschedule
from reporter.sending_job import why_nothing_is_sent

__all__ = [
    "SEND",
    "AlreadyAskedFor",
    "NotSent",
    "NothingToSend",
    "QueryInUse",
    "delete_query",
    "put_back",
    "reschedule",
    "save_query",
    "sections_of",
    "sections_without_values",
    "send_now",
    "trial_values",
    "try_query",
    "what_is_missing",
    "why_nothing_is_sent",
]
