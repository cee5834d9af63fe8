"""What people do with reports. Each function checks the permission, does it, and writes down who did it and why."""

from reporter.control.backfill import PastSlot, backfill, past_slots
from reporter.control.corrections import correct, why_not_corrected
from reporter.control.holding import hold, release
from reporter.control.permissions import APPROVE, BACKFILL, CORRECT, EXPORT, HOLD, PREVIEW, RESEND, SEND, TEST
from reporter.control.refusals import AlreadyAskedFor, NothingToSend, NotSent
from reporter.control.resending import address_now, build_again, decide, resend, why_not_again
from reporter.control.sending import send_now, what_is_missing
from reporter.control.testing import Preview, preview, send_test
from reporter.control.timetables import reschedule
from reporter.sending_job import why_nothing_is_sent

__all__ = [
    "APPROVE",
    "BACKFILL",
    "CORRECT",
    "EXPORT",
    "HOLD",
    "PREVIEW",
    "RESEND",
    "SEND",
    "TEST",
    "AlreadyAskedFor",
    "NotSent",
    "NothingToSend",
    "PastSlot",
    "Preview",
    "address_now",
    "backfill",
    "build_again",
    "correct",
    "decide",
    "hold",
    "past_slots",
    "preview",
    "release",
    "reschedule",
    "resend",
    "send_now",
    "send_test",
    "what_is_missing",
    "why_not_again",
    "why_not_corrected",
    "why_nothing_is_sent",
]
