"""What people do with reports. Each function checks the permission, does it, and writes down who did it and why."""

from reporter.control.sending import SEND, AlreadyAskedFor, NothingToSend, NotSent, send_now, what_is_missing
from reporter.control.timetables import CHANGE_REPORT, begin_anew, put_back, reschedule
from reporter.sending_job import why_nothing_is_sent

__all__ = [
    "CHANGE_REPORT",
    "SEND",
    "AlreadyAskedFor",
    "NotSent",
    "NothingToSend",
    "begin_anew",
    "put_back",
    "reschedule",
    "send_now",
    "what_is_missing",
    "why_nothing_is_sent",
]
