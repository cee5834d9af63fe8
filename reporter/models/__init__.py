from reporter.models.audience import Recipient, RecipientGroup, Tag
from reporter.models.choices import DeliveryState, EditionState, FileChoice, Language, SectionKind, Weekday, Why
from reporter.models.delivery import Delivery
from reporter.models.edition import Edition, EditionFile
from reporter.models.history import ReportTimetableChange
from reporter.models.query import Query
from reporter.models.report import Report, ReportSection
from reporter.models.subscription import GroupSubscription, Subscription
from reporter.periods import PeriodChoice

__all__ = [
    "Delivery",
    "DeliveryState",
    "Edition",
    "EditionFile",
    "EditionState",
    "FileChoice",
    "GroupSubscription",
    "Language",
    "PeriodChoice",
    "Query",
    "Recipient",
    "RecipientGroup",
    "Report",
    "ReportSection",
    "ReportTimetableChange",
    "SectionKind",
    "Subscription",
    "Tag",
    "Weekday",
    "Why",
]
