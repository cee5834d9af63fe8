"""The admin site of the back office."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.jobs.attention import attention

# What stands first in the menu. What is not here comes after it.
APP_ORDER = ["jobs", "django_cron", "reporter", "auth"]
MODEL_ORDER = [
    *("Job", "Run", "Lease", "Pause"),
    *("CronJobLog", "CronJobLock"),
    *("Report", "Query", "Subscription", "GroupSubscription", "Recipient", "RecipientGroup", "Tag"),
    *("Edition", "Delivery"),
    *("User", "Group"),
]


class BackOfficeSite(admin.AdminSite):
    site_title = _("Back office")
    site_header = _("Back office")
    index_title = _("Scheduled jobs and daily reports")
    site_url = None  # there is no other page than these
    enable_nav_sidebar = True
    empty_value_display = "–"  # as display.NOTHING, which loads after the site

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        apps = super().get_app_list(request, app_label)
        for app in apps:
            app["models"].sort(key=lambda model: _place(model["object_name"], MODEL_ORDER))
        return sorted(apps, key=lambda app: _place(app["app_label"], APP_ORDER))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """A page that follows something loads anew when the session has ended, instead of showing this in its midst."""
        if "HX-Request" in request.headers:
            return HttpResponse(headers={"HX-Refresh": "true"})
        return super().login(request, extra_context)

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:  # type: ignore[override]
        """By the button alone. Who opens its address, which Django answers with an empty page, is led home."""
        if request.method != "POST":
            return redirect("admin:index")
        return super().logout(request, extra_context)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """The dashboard: what is wrong stands on top, then what runs and what comes, for those who may see it."""
        from backoffice.jobs.admin.base import user_of  # needs the models, which load after the site

        context = extra_context or {}
        user = user_of(request)
        if user.has_perms(["reporter.view_report", "reporter.view_edition"]):
            from reporter.attention import attention as attention_to_reports  # where it is shown

            context = {"reports": attention_to_reports(timezone.now())} | context
        if user.has_perms(["jobs.view_run", "jobs.view_job"]):
            from backoffice.jobs.admin.dashboard import dashboard

            now = timezone.now()
            context = {"attention": attention(now), "dashboard": dashboard(user, now)} | context
        return super().index(request, context)


def _place(name: str, order: list[str]) -> int:
    return order.index(name) if name in order else len(order)
