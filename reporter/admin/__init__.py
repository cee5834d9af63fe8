from reporter.admin.audience import (
    GroupSubscriptionAdmin,
    RecipientAdmin,
    RecipientGroupAdmin,
    SubscriptionAdmin,
    TagAdmin,
)
from reporter.admin.deliveries import DeliveryAdmin
from reporter.admin.editions import EditionAdmin
from reporter.admin.queries import QueryAdmin
from reporter.admin.reports import ReportAdmin
from reporter.admin.sections import SectionAdmin

__all__ = [
    "DeliveryAdmin",
    "EditionAdmin",
    "GroupSubscriptionAdmin",
    "QueryAdmin",
    "RecipientAdmin",
    "RecipientGroupAdmin",
    "ReportAdmin",
    "SectionAdmin",
    "SubscriptionAdmin",
    "TagAdmin",
]
