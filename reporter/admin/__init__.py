from reporter.admin.audience import RecipientAdmin, SubscriptionAdmin
from reporter.admin.deliveries import DeliveryAdmin
from reporter.admin.editions import EditionAdmin
from reporter.admin.queries import QueryAdmin
from reporter.admin.reports import ReportAdmin

__all__ = ["DeliveryAdmin", "EditionAdmin", "QueryAdmin", "RecipientAdmin", "ReportAdmin", "SubscriptionAdmin"]
