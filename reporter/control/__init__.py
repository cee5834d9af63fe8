"""What people do with reports. Each function checks the permission, does it, and writes down who did it and why."""

from reporter.control.copying import ADD_REPORT, ADD_SUBSCRIPTION, copy_report
from reporter.control.pausing import CHANGE_REPORT, NotPaused, pause, resume
from reporter.control.sections import NotAsked, ask_columns, translate_columns
from reporter.control.sending import SEND, AlreadyAskedFor, NothingToSend, NotSent, send_now, what_is_missing
from reporter.control.timetables import reschedule
from reporter.sending_job import why_nothing_is_sent

__all__ = [
    "ADD_REPORT",
    "ADD_SUBSCRIPTION",
    "CHANGE_REPORT",
    "SEND",
    "AlreadyAskedFor",
    "NotAsked",
    "NotPaused",
    "NotSent",
    "NothingToSend",
    "ask_columns",
    "copy_report",
    "pause",
    "reschedule",
    "resume",
    "send_now",
    "translate_columns",
    "what_is_missing",
    "why_nothing_is_sent",
]
