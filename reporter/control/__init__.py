"""What people do with reports. Each function checks the permission, does it, and writes down who did it and why."""

from reporter.control.audience import (
    CHANGE_GROUP,
    NotAllowed,
    add_to_group,
    latest_deliveries,
    received_by,
    reports_of,
    reports_to,
    take_out_of_group,
)
from reporter.control.handing_over import HAND_OVER, Handover, NotHandedOver, hand_over, problem_with, what_moves
from reporter.control.importing import EXPORT, IMPORT, ChangedMeanwhile, Plan, import_recipients, look_at
from reporter.control.rights import may_see, unseen
from reporter.control.sending import SEND, AlreadyAskedFor, NothingToSend, NotSent, send_now, what_is_missing
from reporter.control.timetables import CHANGE_REPORT, begin_anew, put_back, reschedule
from reporter.control.unsubscribing import Asked, asked_by, unsubscribe
from reporter.recipient_files import MAX_BYTES, UnreadableFile, decoded, read, too_large, written
from reporter.sending_job import why_nothing_is_sent

__all__ = [
    "CHANGE_GROUP",
    "CHANGE_REPORT",
    "EXPORT",
    "HAND_OVER",
    "IMPORT",
    "MAX_BYTES",
    "SEND",
    "AlreadyAskedFor",
    "Asked",
    "ChangedMeanwhile",
    "Handover",
    "NotAllowed",
    "NotHandedOver",
    "NotSent",
    "NothingToSend",
    "Plan",
    "UnreadableFile",
    "add_to_group",
    "asked_by",
    "begin_anew",
    "decoded",
    "hand_over",
    "import_recipients",
    "latest_deliveries",
    "look_at",
    "may_see",
    "problem_with",
    "put_back",
    "read",
    "received_by",
    "reports_of",
    "reports_to",
    "reschedule",
    "send_now",
    "take_out_of_group",
    "too_large",
    "unseen",
    "unsubscribe",
    "what_is_missing",
    "what_moves",
    "why_nothing_is_sent",
    "written",
]
