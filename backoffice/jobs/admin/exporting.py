"""Lists whose rows can be had as a file, by those who have the permission for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from backoffice.jobs.admin.base import MixinBase, user_of


class ExportsRows(MixinBase):
    """The file holds what the list shows: its address carries the query of the list."""

    export_permission: ClassVar[str]
    export_stem: ClassVar[str]  # the files' names begin with it
    export_moments: ClassVar[tuple[int, ...]]  # the columns that hold moments

    def exported_rows(self, queryset: QuerySet[Any]) -> Iterator[list[Any]]:
        """The names of the columns, then the rows."""
        raise NotImplementedError

    def has_export_permission(self, request: HttpRequest) -> bool:
        may_export = user_of(request).has_perm(self.export_permission)
        return may_export and self.has_view_permission(request)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        context = {"may_export": self.has_export_permission(request)} | (extra_context or {})
        return super().changelist_view(request, context)

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_export"
        export = path("export/<str:kind>/", self.admin_site.admin_view(self.export_view), name=name)
        return [export, *super().get_urls()]

    @method_decorator(require_safe)
    def export_view(self, request: HttpRequest, kind: str) -> HttpResponseBase:
        if not self.has_export_permission(request):
            raise PermissionDenied
        if kind not in ("csv", "xlsx"):
            raise Http404
        address = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        try:
            changelist = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(f"{address}?{ERROR_FLAG}=1")
        from backoffice.jobs.admin import spreadsheets  # import-export is slow to import

        if kind == "csv":
            return spreadsheets.csv_file(self.exported_rows(changelist.queryset), self.export_stem)
        if changelist.result_count > spreadsheets.MAX_SHEET_ROWS:
            text = _("A sheet holds no more than %(count)d rows: filter the list further, or export CSV.")
            self.message_user(request, text % {"count": spreadsheets.MAX_SHEET_ROWS}, messages.ERROR)
            return HttpResponseRedirect(address + changelist.get_query_string())
        return spreadsheets.xlsx_file(self.exported_rows(changelist.queryset), self.export_stem, self.export_moments)
