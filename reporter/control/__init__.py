"""What people do with reports. Each function checks the permission, does it, and writes down who did it and why."""

from reporter.control.audience import (
    NotAllowed,
    add_to_group,
    latest_deliveries,
    received_by,
    reports_of,
    reports_to,
    take_out_of_group,
)
from reporter.control.backfill import PastSlot, backfill, past_slots
from reporter.control.copying import copy_report
from reporter.control.corrections import correct, why_not_corrected
from reporter.control.handing_over import Handover, NotHandedOver, hand_over, problem_with, what_moves
from reporter.control.holding import hold, release
from reporter.control.importing import ChangedMeanwhile, Plan, import_recipients, look_at
from reporter.control.pausing import NotPaused, pause, resume
from reporter.control.permissions import (
    ADD_REPORT,
    ADD_SUBSCRIPTION,
    APPROVE,
    BACKFILL,
    CHANGE_GROUP,
    CHANGE_REPORT,
    CORRECT,
    EXPORT,
    EXPORT_DELIVERIES,
    HAND_OVER,
    HOLD,
    IMPORT,
    PREVIEW,
    RESEND,
    SEND,
    TEST,
)
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
from reporter.control.refusals import AlreadyAskedFor, NothingToSend, NotSent
from reporter.control.resending import address_now, build_again, decide, resend, try_now, why_not_again
from reporter.control.rights import may_see, unseen
from reporter.control.sections import NotAsked, ask_columns, translate_columns
from reporter.control.sending import send_now, what_is_missing
from reporter.control.testing import Preview, preview, send_test
from reporter.control.timetables import begin_anew, put_back, reschedule
from reporter.control.unsubscribing import Asked, asked_by, subscribe_again, unsubscribe
from reporter.recipient_files import MAX_BYTES, UnreadableFile, decoded, read, too_large, written
from reporter.sending_job import why_nothing_is_sent

__all__ = [
    "ADD_REPORT",
    "ADD_SUBSCRIPTION",
    "APPROVE",
    "BACKFILL",
    "CHANGE_GROUP",
    "CHANGE_REPORT",
    "CORRECT",
    "EXPORT",
    "EXPORT_DELIVERIES",
    "HAND_OVER",
    "HOLD",
    "IMPORT",
    "MAX_BYTES",
    "PREVIEW",
    "RESEND",
    "SEND",
    "TEST",
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
    "PastSlot",
    "Plan",
    "Preview",
    "QueryInUse",
    "UnreadableFile",
    "add_to_group",
    "address_now",
    "ask_columns",
    "asked_by",
    "backfill",
    "begin_anew",
    "build_again",
    "copy_report",
    "correct",
    "decide",
    "decoded",
    "delete_query",
    "hand_over",
    "hold",
    "import_recipients",
    "latest_deliveries",
    "look_at",
    "may_see",
    "past_slots",
    "pause",
    "preview",
    "problem_with",
    "put_back",
    "put_back_query",
    "read",
    "received_by",
    "release",
    "reports_of",
    "reports_to",
    "reschedule",
    "resend",
    "resume",
    "save_query",
    "sections_of",
    "sections_without_values",
    "send_now",
    "send_test",
    "subscribe_again",
    "take_out_of_group",
    "too_large",
    "translate_columns",
    "trial_values",
    "try_now",
    "try_query",
    "unseen",
    "unsubscribe",
    "what_is_missing",
    "what_moves",
    "why_not_again",
    "why_not_corrected",
    "why_nothing_is_sent",
    "written",
]
