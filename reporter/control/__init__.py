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
from reporter.control.copying import ADD_REPORT, ADD_SUBSCRIPTION, copy_report
from reporter.control.handing_over import HAND_OVER, Handover, NotHandedOver, hand_over, problem_with, what_moves
from reporter.control.importing import EXPORT, IMPORT, ChangedMeanwhile, Plan, import_recipients, look_at
from reporter.control.pausing import NotPaused, pause, resume
from reporter.control.queries import (
    QueryInUse,
    delete_query,
    put_back_query,
    save_query,
    sections_of,
    sections_without_values,
    trial_values,
    try_query,
)
from reporter.control.rights import may_see, unseen
from reporter.control.sections import NotAsked, ask_columns, translate_columns
from reporter.control.sending import SEND, AlreadyAskedFor, NothingToSend, NotSent, send_now, what_is_missing
from reporter.control.timetables import CHANGE_REPORT, begin_anew, put_back, reschedule
from reporter.control.unsubscribing import Asked, asked_by, unsubscribe
from reporter.recipient_files import MAX_BYTES, UnreadableFile, decoded, read, too_large, written
from reporter.sending_job import why_nothing_is_sent

__all__ = [
    "ADD_REPORT",
    "ADD_SUBSCRIPTION",
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
    "NotAsked",
    "NotHandedOver",
    "NotPaused",
    "NotSent",
    "NothingToSend",
    "Plan",
    "QueryInUse",
    "UnreadableFile",
    "add_to_group",
    "ask_columns",
    "asked_by",
    "begin_anew",
    "copy_report",
    "decoded",
    "delete_query",
    "hand_over",
    "import_recipients",
    "latest_deliveries",
    "look_at",
    "may_see",
    "pause",
    "problem_with",
    "put_back",
    "put_back_query",
    "read",
    "received_by",
    "reports_of",
    "reports_to",
    "reschedule",
    "resume",
    "save_query",
    "sections_of",
    "sections_without_values",
    "send_now",
    "take_out_of_group",
    "too_large",
    "translate_columns",
    "trial_values",
    "try_query",
    "unseen",
    "unsubscribe",
    "what_is_missing",
    "what_moves",
    "why_nothing_is_sent",
    "written",
]
