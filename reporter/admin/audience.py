from __future__ import annotations

from django.contrib import admin

from reporter.admin.forms import SubscriptionForm
from reporter.models import Recipient, Subscription


@admin.register(Recipient)
class RecipientAdmin(admin.ModelAdmin):
    list_display = ["name", "address", "language", "is_active"]
    list_filter = ["is_active", "language"]
    search_fields = ["name", "address"]


@admin.register(Subscription)
class SubscriptionAdmin(admin.ModelAdmin):
    form = SubscriptionForm
    list_display = ["report", "recipient", "send_time", "is_active"]
    list_filter = ["is_active", "report"]
    list_select_related = ["report", "recipient"]
    search_fields = ["recipient__name", "recipient__address"]
    autocomplete_fields = ["report", "recipient"]
