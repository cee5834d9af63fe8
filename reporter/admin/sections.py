"""A section on a page of its own: what it shows, column by column. It is reached from the page of its report."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.db.models import Max, QuerySet
from django.forms import HiddenInput, ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.jobs.admin.base import user_of
from backoffice.jobs.control.rights import note
from reporter import control
from reporter.admin.base import NOTHING
from reporter.admin.forms import SectionForm, SectionPageForm
from reporter.admin.section_datasets import SectionDatasets
from reporter.columns import columns_of
from reporter.contents import title_of
from reporter.datasets.rights import refused
from reporter.models import Report, ReportSection, SectionKind


class SectionInline(SectionDatasets, admin.TabularInline):
    model = ReportSection
    form = SectionForm
    fields = ["position", "kind", "dataset", "parameters_text", "title", "contents"]
    readonly_fields = ["contents"]
    template = "admin/reporter/sections.html"
    extra = 0

    def get_max_num(self, request: HttpRequest, obj: Report | None = None, **kwargs: Any) -> int | None:
        """One way to add a section to a report that is stored: its page, where one chooses what it shows."""
        return 0 if obj and obj.pk else None

    @admin.display(description=gettext_lazy("contents"))
    def contents(self, section: ReportSection) -> SafeString | str:
        """What it shows, in short, and the way to its page."""
        if section.pk is None:
            return _("To be chosen once it is saved.")
        address = reverse("admin:reporter_reportsection_change", args=[section.pk])
        return format_html('{} <a href="{}">{}</a>', _summary(section), address, _("Choose what it shows"))


def _summary(section: ReportSection) -> str:
    if section.kind == SectionKind.TEXT:
        return Truncator(section.text).chars(60) or _("No text yet.")
    if section.columns:
        return _("%(count)d columns.") % {"count": len(section.columns)}
    return _("All columns.")


@admin.register(ReportSection)
class SectionAdmin(admin.ModelAdmin):
    form = SectionPageForm
    readonly_fields = ["columns_in_words"]
    add_form_template = change_form_template = "admin/reporter/section.html"

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False  # no line in the menu: a section is part of its report

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:reporter_report_changelist"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As for its report: only those who may see all that it says."""
        may_change = super().has_change_permission(request, obj)
        return may_change and (obj is None or not refused(obj.report, user_of(request)))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may_delete = super().has_delete_permission(request, obj)
        return may_delete and (obj is None or not refused(obj.report, user_of(request)))

    # --- The form ---

    def get_fieldsets(self, request: HttpRequest, obj: ReportSection | None = None) -> Any:
        what = ["kind", "dataset", "parameters_text", "title"]
        if obj is None:
            return [(None, {"fields": ["report", *what, "text"]})]
        if obj.kind == SectionKind.TEXT:
            return [(None, {"fields": [*what, "text"]})]
        table = "columns" if self.has_change_permission(request, obj) else "columns_in_words"
        columns = {"fields": [table], "description": self._explanation(obj)}
        rows = {"fields": [("sort_column", "is_descending"), "row_limit"]}
        return [(None, {"fields": what}), (_("Columns"), columns), (_("Rows"), rows)]

    def _explanation(self, section: ReportSection) -> str:
        if section.is_chart:
            return _(
                "A chart takes its labels from the first column, and a line, bars or shares from the further ones "
                "that hold numbers. The columns keep to the order of their numbers."
            )
        return _(
            "The columns keep to the order of their numbers. Compared with the period before means “▲ 12 %” below "
            "a number. Totals are over all rows."
        )

    @admin.display(description=gettext_lazy("columns"))
    def columns_in_words(self, section: ReportSection) -> str:
        """For those who may look, but not change."""
        return ", ".join(column.heading or column.name for column in columns_of(section.columns)) or _("All columns.")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form_class: Any = super().get_form(request, obj, change=change, **kwargs)
        form_class.user = request.user
        if obj is None and "report" in form_class.base_fields and request.GET.get("report"):
            form_class.base_fields["report"].widget = HiddenInput()
        return form_class

    # --- Saving ---

    def save_model(self, request: HttpRequest, obj: ReportSection, form: ModelForm, change: bool) -> None:
        if not change:
            obj.position = (obj.report.sections.aggregate(last=Max("position"))["last"] or 0) + 1
        elif "dataset" in form.changed_data:
            obj.columns, obj.seen_columns, obj.sort_column = [], [], ""
            cast(Any, obj).has_new_dataset = True
        super().save_model(request, obj, form, change)
        if obj.has_rows and (not obj.seen_columns or "_ask" in request.POST):
            self._ask(request, obj)

    def _ask(self, request: HttpRequest, section: ReportSection) -> None:
        try:
            names = control.ask_columns(section, user_of(request), timezone.now())
        except control.NotAsked as error:
            self.message_user(request, str(error), messages.WARNING)
            return
        text = _("The dataset has these columns: %(columns)s.") % {"columns": ", ".join(names) or NOTHING}
        self.message_user(request, text, messages.INFO)

    def log_change(self, request: HttpRequest, obj: ReportSection, message: Any) -> LogEntry:
        """In the history of the report, too: that is where people look."""
        self._note(request, obj, _("Section “%(section)s” changed."))
        return super().log_change(request, obj, message)

    def log_addition(self, request: HttpRequest, obj: ReportSection, message: Any) -> LogEntry:
        self._note(request, obj, _("Section “%(section)s” added."))
        return super().log_addition(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[ReportSection]) -> Any:
        for section in queryset:
            self._note(request, section, _("Section “%(section)s” deleted."))
        return super().log_deletions(request, queryset)

    def _note(self, request: HttpRequest, section: ReportSection, text: str) -> None:
        note(user_of(request), section.report, text % {"section": title_of(section)})

    # --- Where it goes on ---

    def response_add(self, request: HttpRequest, obj: ReportSection, post_url_continue: Any = None) -> HttpResponse:
        if "_addanother" in request.POST:
            return HttpResponseRedirect(reverse("admin:reporter_reportsection_add", query={"report": obj.report_id}))
        if obj.has_rows or "_continue" in request.POST:
            return HttpResponseRedirect(reverse("admin:reporter_reportsection_change", args=[obj.pk]))
        self._say_saved(request, obj)
        return HttpResponseRedirect(_page_of(obj.report))

    def response_change(self, request: HttpRequest, obj: ReportSection) -> HttpResponse:
        """Back to the report; or here again, where there is something new to choose."""
        if "_addanother" in request.POST:
            return self.response_add(request, obj)
        has_other_fields = obj.has_rows != ("columns-TOTAL_FORMS" in request.POST)
        if has_other_fields or getattr(obj, "has_new_dataset", False) or {"_ask", "_continue"} & request.POST.keys():
            return HttpResponseRedirect(request.get_full_path())
        self._say_saved(request, obj)
        return HttpResponseRedirect(_page_of(obj.report))

    def _say_saved(self, request: HttpRequest, section: ReportSection) -> None:
        self.message_user(request, _("“%(section)s” was saved.") % {"section": title_of(section)}, messages.SUCCESS)

    def delete_model(self, request: HttpRequest, obj: ReportSection) -> None:
        cast(Any, request).report_to_go_back_to = obj.report  # all that is known after it is the section's old id
        super().delete_model(request, obj)
        self.message_user(request, _("“%(section)s” was deleted.") % {"section": title_of(obj)}, messages.SUCCESS)

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        return HttpResponseRedirect(_page_of(cast(Any, request).report_to_go_back_to))


def _page_of(report: Report) -> str:
    return reverse("admin:reporter_report_change", args=[report.pk])


def ask_about_sections(request: HttpRequest, report: Report, *, has_new_language: bool) -> None:
    """What columns the sections of a report have that was just saved, where that is not known yet, or anew."""
    for section in report.sections.all():
        if not section.has_rows or (section.seen_columns and not has_new_language):
            continue
        try:
            ask = control.translate_columns if has_new_language else control.ask_columns
            ask(section, user_of(request), timezone.now())
        except control.NotAsked as error:
            messages.warning(request, str(error))
