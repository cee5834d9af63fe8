from reporter.models.audience import Recipient, Subscription
from reporter.models.choices import DeliveryState, EditionState, Language, Weekday, Why
from reporter.models.delivery import Delivery
from reporter.models.edition import Edition, EditionFile
from reporter.models.history import ReportTimetableChange
from reporter.models.report import Report, ReportSection
from reporter.periods import PeriodChoice

__all__ = [
    "Delivery",
    "DeliveryState",
    "Edition",
    "EditionFile",
    "EditionState",
    "Language",
    "PeriodChoice",
    "Recipient",
    "Report",
    "ReportSection",
    "ReportTimetableChange",
    "Subscription",
    "Weekday",
    "Why",
]
