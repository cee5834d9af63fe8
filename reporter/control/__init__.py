"""What people do with reports. Each function checks the permission, does it, and writes down who did it and why."""

from reporter.control.rights import may_see
from reporter.control.sending import SEND, AlreadyAskedFor, NothingToSend, NotSent, send_now, what_is_missing
from reporter.control.timetables import reschedule
from reporter.control.unsubscribing import Asked, asked_by, unsubscribe
from reporter.sending_job import why_nothing_is_sent

__all__ = [
    "SEND",
    "AlreadyAskedFor",
    "Asked",
    "NotSent",
    "NothingToSend",
    "asked_by",
    "may_see",
    "reschedule",
    "send_now",
    "unsubscribe",
    "what_is_missing",
    "why_nothing_is_sent",
]
