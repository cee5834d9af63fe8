"""The admin site of the back office."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.jobs.attention import attention

# What stands first in the menu. What is not here comes after it.
APP_ORDER = ["jobs", "django_cron", "reporter", "auth"]
MODEL_ORDER = [
    *("Job", "Run", "Lease"),
    *("CronJobLog", "CronJobLock"),
    *("Report", "Subscription", "Recipient", "Edition", "Delivery"),
    *("User", "Group"),
]


class BackOfficeSite(admin.AdminSite):
    site_title = _("Back office")
    site_header = _("Back office")
    index_title = _("Scheduled jobs and daily reports")
    site_url = None  # there is no other page than these
    enable_nav_sidebar = True

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        apps = super().get_app_list(request, app_label)
        for app in apps:
            app["models"].sort(key=lambda model: _place(model["object_name"], MODEL_ORDER))
        return sorted(apps, key=lambda app: _place(app["app_label"], APP_ORDER))

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """The dashboard: what is wrong stands on top, for those who may see it."""
        context = extra_context or {}
        if cast(User, request.user).has_perm("jobs.view_run"):
            context = {"attention": attention(timezone.now())} | context
        if cast(User, request.user).has_perms(["reporter.view_report", "reporter.view_edition"]):
            from reporter.attention import attention as attention_to_reports  # where it is shown

            context = {"reports": attention_to_reports(timezone.now())} | context
        return super().index(request, context)


def _place(name: str, order: list[str]) -> int:
    return order.index(name) if name in order else len(order)
