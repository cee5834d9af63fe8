"""What each thing that people do with reports wants: the names of the permissions."""

from __future__ import annotations

SEND = "reporter.send_report"
PREVIEW = "reporter.preview_report"
TEST = "reporter.test_report"
BACKFILL = "reporter.backfill_report"
CORRECT = "reporter.correct_edition"
HOLD = "reporter.hold_edition"
APPROVE = "reporter.approve_edition"
RESEND = "reporter.resend_delivery"
EXPORT_DELIVERIES = "reporter.export_deliveries"
