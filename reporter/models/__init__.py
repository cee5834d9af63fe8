from reporter.models.audience import Recipient, Subscription
from reporter.models.choices import DeliveryState, EditionState, Hold, Language, Weekday, Why
from reporter.models.delivery import Delivery
from reporter.models.edition import Edition, EditionFile
from reporter.models.pace import Pace
from reporter.models.report import Report, ReportSection
from reporter.periods import PeriodChoice

__all__ = [
    "Delivery",
    "DeliveryState",
    "Edition",
    "EditionFile",
    "EditionState",
    "Hold",
    "Language",
    "Pace",
    "PeriodChoice",
    "Recipient",
    "Report",
    "ReportSection",
    "Subscription",
    "Weekday",
    "Why",
]
