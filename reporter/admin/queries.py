"""Queries: written and tried by those who may write SQL, looked at by everybody else."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import CharField, Count, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from backoffice.jobs.admin.base import user_of
from reporter import control
from reporter.admin.base import NOTHING
from reporter.admin.query_form import TRY, QueryForm, lines_of
from reporter.datasets.base import DatasetError
from reporter.datasets.sql.lexing import parameters_in
from reporter.datasets.sql.running import Result, connected
from reporter.models import Query, ReportSection
from reporter.models.query import FAMILY, WRITE_SQL
from reporter.rendering.tables import as_text

# Characters of a cell that a trial shows.
SHOWN_CHARACTERS = 200

# Versions that the page shows.
SHOWN_VERSIONS = 100


@dataclass(frozen=True)
class Trial:
    """What *Try it* shows: a result, or what is wrong."""

    problems: list[str]
    details: str = ""
    result: Result | None = None
    zone: str = "UTC"
    remark: str = ""

    @property
    def columns(self) -> list[tuple[str, str]]:
        return list(zip(self.result.columns, self.result.types, strict=True)) if self.result else []

    @property
    def rows(self) -> list[list[str]]:
        rows = self.result.rows if self.result else []
        return [[_short(as_text(value, self.zone)) for value in row] for row in rows]


def _short(text: str) -> str:
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"


@admin.register(Query)
class QueryAdmin(admin.ModelAdmin):
    form = QueryForm
    change_form_template = "admin/reporter/query/change_form.html"
    actions = None  # deleting asks where a query is used
    list_display = ["name", "database", "description", "uses", "changed_by", "changed_at"]
    list_filter = ["database"]
    list_select_related = ["changed_by"]
    search_fields = ["name", "description", "sql"]
    ordering = ["name"]
    readonly_fields = ["used_in", "changed_by", "changed_at"]
    fieldsets = [
        (None, {"fields": ["name", "description", "database", "sql", "is_read_by_database", "parameters_text"]}),
        (gettext_lazy("Where it is used"), {"fields": ["used_in", "changed_by", "changed_at"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Query]:
        key = Concat(Value(f"{FAMILY}:"), Cast(OuterRef("pk"), CharField()))
        used = ReportSection.objects.filter(dataset=key).order_by().values("dataset")
        reports = Subquery(used.annotate(count=Count("report", distinct=True)).values("count"))
        rows: QuerySet[Query] = super().get_queryset(request).annotate(use_count=Coalesce(reports, 0))
        return rows

    def get_fieldsets(self, request: HttpRequest, obj: Query | None = None) -> Any:
        """The tick is shown once it is needed: to those who save."""
        is_saved = request.method == "POST" and TRY not in request.POST
        hidden = set() if is_saved else {"is_read_by_database"}
        return [
            (title, options | {"fields": [name for name in options["fields"] if name not in hidden]})
            for title, options in cast(Any, self.fieldsets)[: 2 if obj else 1]
        ]

    # --- Rights: writing SQL is one permission, whatever is done with it ---

    def has_add_permission(self, request: HttpRequest) -> bool:
        return user_of(request).has_perm(WRITE_SQL)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return user_of(request).has_perm(WRITE_SQL)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = user_of(request).has_perm(WRITE_SQL)
        return may and not (obj is not None and control.sections_of(obj))

    # --- What is shown ---

    @admin.display(description=gettext_lazy("reports"), ordering="use_count")
    def uses(self, query: Query) -> int:
        count: int = cast(Any, query).use_count
        return count

    @admin.display(description=gettext_lazy("used in"))
    def used_in(self, query: Query) -> SafeString | str:
        reports = {section.report_id: section.report for section in control.sections_of(query)}
        links = ((reverse("admin:reporter_report_change", args=[pk]), report.name) for pk, report in reports.items())
        return format_html_join(", ", '<a href="{}">{}</a>', links) or NOTHING

    @admin.display(description=gettext_lazy("own parameters"))
    def parameters_text(self, query: Query) -> str:
        """Where the page can only be looked at."""
        return lines_of(query) or NOTHING

    # --- Kept, and tried ---

    def save_model(self, request: HttpRequest, obj: Query, form: Any, change: bool) -> None:
        control.save_query(obj, user_of(request))
        if change and (sections := control.sections_without_values(obj)):
            names = ", ".join(sorted({section.report.name for section in sections}))
            text = _("These reports do not give the parameters that it wants now, and will fail: %(reports)s")
            self.message_user(request, text % {"reports": names}, messages.WARNING)

    def delete_model(self, request: HttpRequest, obj: Query) -> None:
        control.delete_query(obj, user_of(request))

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        form = context["adminform"].form
        if isinstance(form, QueryForm) and form.is_bound and form.is_trial:
            context["trial"] = _trial(user_of(request), form)
        return super().render_change_form(request, context, *args, **kwargs)

    # --- Versions ---

    def get_urls(self) -> list[URLPattern]:
        site = self.admin_site
        return [
            path("<int:pk>/versions/", site.admin_view(self.versions_view), name="reporter_query_versions"),
            path(
                "<int:pk>/versions/<int:version>/",
                site.admin_view(self.put_back_view),
                name="reporter_query_put_back",
            ),
            *super().get_urls(),
        ]

    @method_decorator(require_safe)
    def versions_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        query = self._seen(request, pk)
        context = self.admin_site.each_context(request) | {
            "opts": Query._meta,
            "title": _("Versions of “%(query)s”") % {"query": query},
            "query": query,
            "versions": _versions(query),
            "may_put_back": self.has_change_permission(request, query),
        }
        return TemplateResponse(request, "admin/reporter/query/versions.html", context)

    def put_back_view(self, request: HttpRequest, pk: int, version: int) -> HttpResponse:
        query = self._seen(request, pk)
        if request.method != "POST":  # somebody had to log in anew, which leads here: the button is asked for again
            return HttpResponseRedirect(reverse("admin:reporter_query_versions", args=[pk]))
        try:
            control.put_back_query(query, version, user_of(request))
        except Query.DoesNotExist as error:
            raise Http404 from error
        self.message_user(request, _("The former version is the newest one again."), messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:reporter_query_change", args=[pk]))

    def _seen(self, request: HttpRequest, pk: int) -> Query:
        query: Any = self.get_object(request, str(pk))
        if not self.has_view_permission(request, query):
            raise PermissionDenied
        if query is None:
            raise Http404
        return cast(Query, query)


def _trial(user: User, form: QueryForm) -> Trial:
    problems = [str(text) for errors in form.errors.values() for text in errors]
    if problems:
        return Trial(problems)
    period, data = form.trial_period, form.cleaned_data
    try:
        asked_with = control.trial_values(form.instance.parameters, data["trial_values"], period)
        result = control.try_query(user, data["database"], data["sql"], asked_with)
    except ValidationError as error:
        return Trial(error.messages)
    except DatasetError as error:
        said = _("The database says:") if error.details else str(error)
        return Trial([said], error.details)
    remark = _remark_on(data["sql"], connected()[data["database"]].kind)
    return Trial([], result=result, zone=period.zone, remark=remark)


def _remark_on(sql: str, kind: str) -> str:
    """SQLite has no dates, but texts: a day alone is smaller there than any moment of it, midnight too."""
    if kind != "sqlite" or not {"period_start", "period_end"} & set(parameters_in(sql, kind)):
        return ""
    return _(
        "SQLite compares texts. :period_start and :period_end are days with a time, such as 2026-11-23 00:00:00: a "
        "column of days alone, such as 2026-11-23, is a day off with them. Compare it with :first_day and :last_day."
    )


def _versions(query: Query) -> list[dict[str, Any]]:
    """The newest first, each with what it changed against the one before."""
    rows = list(query.history.select_related("history_user").order_by("-pk")[: SHOWN_VERSIONS + 1])
    texts = [_as_lines(row) for row in rows]
    return [
        {
            "row": row,
            "is_newest": place == 0,
            "change": _difference(texts[place + 1], texts[place]) if place + 1 < len(rows) else "\n".join(texts[place]),
        }
        for place, row in enumerate(rows[:SHOWN_VERSIONS])
    ]


def _as_lines(version: Any) -> list[str]:
    heads = {_("Name"): version.name, _("Description"): version.description, _("Database"): version.database}
    heads[_("Own parameters")] = lines_of(version)
    lines = [f"{name}: {line}" for name, text in heads.items() for line in text.splitlines()]
    return [*lines, "", *version.sql.splitlines()]


def _difference(before: list[str], after: list[str]) -> str:
    lines: list[str] = list(difflib.unified_diff(before, after, lineterm="", n=3))
    return "\n".join(lines[2:])
