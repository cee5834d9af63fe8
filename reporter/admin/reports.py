from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.options import InlineModelAdmin
from django.db.models import OuterRef, QuerySet, Subquery
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from backoffice.jobs.admin.timetables import HasTimetable
from backoffice.jobs.words import describe_stored
from reporter import control
from reporter.admin import base
from reporter.admin.audience import ReportGroupInline, SubscriptionInline
from reporter.admin.base import MAX_INLINE_ROWS, NOTHING, link_to_list
from reporter.admin.copying import CopiesReports
from reporter.admin.forms import ReportForm
from reporter.admin.pausing import PausesReports, pause_words
from reporter.admin.report_pages import ReportPages
from reporter.admin.section_datasets import DatasetRights
from reporter.admin.sections import SectionInline, ask_about_sections
from reporter.admin.timetables import ReportTimetablePage
from reporter.audience import reader_count
from reporter.models import Edition, EditionState, Report
from reporter.models.choices import Language


@admin.register(Report)
class ReportAdmin(DatasetRights, ReportPages, CopiesReports, PausesReports, HasTimetable, admin.ModelAdmin):
    form = ReportForm
    timetable_page = ReportTimetablePage
    actions = ["send_now", "copy", "copy_with_subscribers", "pause", "resume"]
    list_display = ["name", "is_enabled", "timetable_text", "next_due", "subscribers", "last_edition", "owner"]
    list_filter = ["is_enabled", "language", "period"]
    list_select_related = ["owner", "paused_by"]
    search_fields = ["name"]
    ordering = ["name"]  # said here, too: a list with counted columns does not take it from the model
    filter_horizontal = ["watchers"]
    readonly_fields = ["timetable_and_link", "next_due", "list_of_subscribers"]
    fieldsets = [
        (None, {"fields": ["name", "subject", "intro", "reply_to", "language", ("period", "period_days")]}),
        (gettext_lazy("Contents"), {"fields": ["files", "skip_if_empty"]}),
        (gettext_lazy("Who answers for it"), {"fields": ["owner", "watchers", "needs_approval"]}),
        (gettext_lazy("Timetable"), {"fields": ["is_enabled", "timetable_and_link", "next_due"]}),
        (gettext_lazy("Subscribers"), {"fields": ["list_of_subscribers"]}),
    ]

    def timetable_texts(self, row: Report) -> tuple[str, str]:
        help_text = "" if row.pk else _("To begin with. Once the report is saved, you are asked for another.")
        return capfirst(describe_stored(row.whole_timetable)), help_text

    def get_queryset(self, request: HttpRequest) -> QuerySet[Report]:
        latest = Edition.objects.for_readers().filter(report=OuterRef("pk")).order_by("-pk")
        rows: QuerySet[Report] = (
            super()
            .get_queryset(request)
            .annotate(
                subscriber_count=reader_count(),
                last_edition_state=Subquery(latest.values("state")[:1]),
                last_edition_date=Subquery(latest.values("local_date")[:1]),
            )
        )
        return rows

    @admin.display(description=gettext_lazy("timetable"))
    def timetable_text(self, report: Report) -> str:
        return capfirst(describe_stored(report.whole_timetable))

    @admin.display(description=gettext_lazy("next due"), ordering="next_due_at")
    def next_due(self, report: Report) -> str:
        due = base.next_due(report)
        return f"{due} · {pause_words(report)}" if report.is_paused(timezone.now()) else due

    @admin.display(description=gettext_lazy("subscribers"), ordering="subscriber_count")
    def subscribers(self, report: Report) -> int:
        count: int = cast(Any, report).subscriber_count
        return count

    @admin.display(description=gettext_lazy("subscriptions"))
    def list_of_subscribers(self, report: Report) -> SafeString | str:
        if report.pk is None:
            return NOTHING
        count = report.subscriptions.count()
        text = ngettext("%(count)d subscription", "%(count)d subscriptions", count) % {"count": count}
        everybody = link_to_list("subscription", text, report__id__exact=report.pk)
        if groups := report.subscribed_groups.count():
            text = ngettext("%(count)d group", "%(count)d groups", groups) % {"count": groups}
            through = link_to_list("groupsubscription", text, report__id__exact=report.pk)
            everybody = format_html("{} · {}", everybody, through)
        people = self.subscribers(report)
        text = ngettext("%(count)d person gets it", "%(count)d people get it", people) % {"count": people}
        everybody = format_html("{}: {}", text, everybody)
        left = report.subscriptions.filter(unsubscribed_at__isnull=False).count()
        if not left:
            return everybody
        text = ngettext("%(count)d has unsubscribed", "%(count)d have unsubscribed", left) % {"count": left}
        gone = link_to_list("subscription", text, report__id__exact=report.pk, unsubscribed_at__isempty=0)
        return format_html("{} · {}", everybody, gone)

    def get_inlines(self, request: HttpRequest, obj: Report | None) -> list[type[InlineModelAdmin]]:
        is_long = obj is not None and obj.subscriptions.count() > MAX_INLINE_ROWS
        return [SectionInline, ReportGroupInline, *([] if is_long else [SubscriptionInline])]

    @admin.display(description=gettext_lazy("last edition"))
    def last_edition(self, report: Report) -> SafeString | str:
        row = cast(Any, report)
        if row.last_edition_state is None:
            return NOTHING
        return format_html("{}: {}", row.last_edition_date, EditionState(row.last_edition_state).label)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The report is written in the language that is read here, unless somebody chooses another."""
        language = {"language": spoken} if (spoken := get_language()) in Language.values else {}
        return {"owner": request.user.pk} | language | super().get_changeform_initial_data(request)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What was sent stays on record: a report that has editions is switched off instead."""
        report: Any = self.get_object(request, object_id)
        if report is None or not self.has_delete_permission(request, report) or not report.editions.exists():
            return super().delete_view(request, object_id, extra_context)
        text = _("“%(report)s” has editions, so it cannot be deleted. Switch it off instead, under “Timetable”.")
        self.message_user(request, text % {"report": report}, messages.ERROR)
        return HttpResponseRedirect(reverse("admin:reporter_report_change", args=[report.pk]))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Editions are in the way by what they are, and not for want of a permission that nobody has."""
        objects, counts, permissions, protected = super().get_deleted_objects(objs, request)
        return objects, counts, permissions - {Edition._meta.verbose_name}, protected

    def response_add(self, request: HttpRequest, obj: Report, post_url_continue: str | None = None) -> HttpResponse:
        """What comes next for a new report is when it is to be sent."""
        if request.POST.keys() & {"_addanother", "_continue", "_popup"} or not self.may_change_timetable(request):
            return super().response_add(request, obj, post_url_continue)
        text = _("“%(report)s” was added. When is it to be sent?") % {"report": obj}
        self.message_user(request, text, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:reporter_report_timetable", args=[obj.pk]))

    def save_model(self, request: HttpRequest, obj: Report, form: ModelForm, change: bool) -> None:
        if "is_enabled" in form.changed_data or not change:
            control.begin_anew(obj, timezone.now())
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        ask_about_sections(request, form.instance, has_new_language=change and "language" in form.changed_data)
        if missing := control.what_is_missing(form.instance):
            self.message_user(request, missing, messages.WARNING)
