"""The actions that copy reports."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from backoffice.jobs.admin.base import MixinBase, user_of
from reporter import control
from reporter.models import Report


class CopiesReports(MixinBase):
    def has_copy_permission(self, request: HttpRequest) -> bool:
        return user_of(request).has_perm(control.ADD_REPORT)

    def has_copy_subscribers_permission(self, request: HttpRequest) -> bool:
        return user_of(request).has_perms([control.ADD_REPORT, control.ADD_SUBSCRIPTION])

    @admin.action(description=_("Copy, without subscribers"), permissions=["copy"])
    def copy(self, request: HttpRequest, queryset: QuerySet[Report]) -> HttpResponse | None:
        return self._copied(request, queryset, with_subscribers=False)

    @admin.action(description=_("Copy, with subscribers"), permissions=["copy_subscribers"])
    def copy_with_subscribers(self, request: HttpRequest, queryset: QuerySet[Report]) -> HttpResponse | None:
        return self._copied(request, queryset, with_subscribers=True)

    def _copied(
        self, request: HttpRequest, reports: QuerySet[Report], *, with_subscribers: bool
    ) -> HttpResponse | None:
        """One copy is opened at once: it is there to be changed."""
        user = user_of(request)
        copies = []
        for report in reports:
            try:
                copies.append(control.copy_report(report, user, with_subscribers=with_subscribers))
            except control.NotAllowed as refused:
                self.message_user(request, str(refused), messages.ERROR)
        if not copies:
            return None
        text = ngettext(
            "%(count)d report was copied. The copy is switched off: change it, then enable it.",
            "%(count)d reports were copied. The copies are switched off: change them, then enable them.",
            len(copies),
        ) % {"count": len(copies)}
        self.message_user(request, text, messages.SUCCESS)
        if len(copies) != 1 or not self.has_change_permission(request):
            return None
        return HttpResponseRedirect(reverse("admin:reporter_report_change", args=[copies[0].pk]))
