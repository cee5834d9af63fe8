from reporter.admin.audience import RecipientAdmin, SubscriptionAdmin
from reporter.admin.deliveries import DeliveryAdmin
from reporter.admin.editions import EditionAdmin
from reporter.admin.reports import ReportAdmin
from reporter.admin.sections import SectionAdmin

__all__ = ["DeliveryAdmin", "EditionAdmin", "RecipientAdmin", "ReportAdmin", "SectionAdmin", "SubscriptionAdmin"]
