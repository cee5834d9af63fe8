"""The pages of reports beside their list and their form."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from backoffice.jobs.admin.base import MixinBase, user_of
from reporter import control
from reporter.admin import board, past_days, preview, send_now

ASKING = require_http_methods(["GET", "HEAD", "POST"])


class ReportPages(MixinBase):
    def get_urls(self) -> list[URLPattern]:
        def view(function: Any, *, guard: Any = require_safe) -> Any:
            def bound(request: HttpRequest, **values: Any) -> HttpResponse:
                answer: HttpResponse = function(self, request, **values)
                return answer

            return self.admin_site.admin_view(guard(bound))

        plain = self.admin_site.admin_view
        return [
            path("board/", view(board.board_page), name="reporter_board"),
            path("week/", view(board.week_page), name="reporter_week"),
            path("send-now/", view(send_now.page, guard=ASKING), name="reporter_report_send_now"),
            path("<int:pk>/preview/", view(preview.page), name="reporter_report_preview"),
            path("<int:pk>/test/", view(preview.send_test, guard=ASKING), name="reporter_report_test"),
            path("<int:pk>/past/", view(past_days.page, guard=ASKING), name="reporter_report_past"),
            path("<int:pk>/preview/<str:token>/", view(preview.kept_page), name="reporter_report_preview_kept"),
            path("<int:pk>/preview/<str:token>/mail/", plain(preview.mail), name="reporter_report_preview_mail"),
            path("<int:pk>/preview/<str:token>/eml/", plain(preview.whole_mail), name="reporter_report_preview_eml"),
            path(
                "<int:pk>/preview/<str:token>/files/<int:number>/",
                plain(preview.file),
                name="reporter_report_preview_file",
            ),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        may_see = user_of(request).has_perms(board.SEE)
        return super().changelist_view(request, {"may_see_board": may_see} | (extra_context or {}))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        may = user_of(request).has_perm
        context = {
            "may_preview": may(control.PREVIEW),
            "may_send": may(control.SEND),
            "may_backfill": may(control.BACKFILL),
            "may_copy": may(control.ADD_REPORT),
            "may_pause": may(control.CHANGE_REPORT),
        }
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def has_send_permission(self, request: HttpRequest) -> bool:
        return user_of(request).has_perm(control.SEND)

    @admin.action(description=gettext_lazy("Send now, to all subscribers"), permissions=["send"])
    def send_now(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        """Leads to the page that asks; nothing is sent before."""
        keys = list(queryset.order_by("name").values_list("pk", flat=True))
        return HttpResponseRedirect(reverse("admin:reporter_report_send_now", query={"report": keys}))
