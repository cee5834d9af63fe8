from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.options import InlineModelAdmin
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from reporter import control
from reporter.admin.base import MAX_INLINE_ROWS, link_to_list, moment_in
from reporter.admin.forms import ReportForm, SectionForm, SubscriptionForm
from reporter.admin.report_pages import ReportPages
from reporter.models import Edition, EditionState, Report, ReportSection, Subscription, Weekday

TIMETABLE_FIELDS = ("times", "weekdays", "zone", "is_enabled")


class SectionInline(admin.TabularInline):
    model = ReportSection
    form = SectionForm
    extra = 0


class SubscriptionInline(admin.TabularInline):
    model = Subscription
    form = SubscriptionForm
    extra = 0
    autocomplete_fields = ["recipient"]


@admin.register(Report)
class ReportAdmin(ReportPages, admin.ModelAdmin):
    form = ReportForm
    actions = ["send_now"]
    list_display = ["name", "is_enabled", "timetable_text", "next_due", "subscribers", "last_edition", "owner"]
    list_filter = ["is_enabled", "language", "period"]
    list_select_related = ["owner"]
    search_fields = ["name"]
    ordering = ["name"]  # said here, too: a list with counted columns does not take it from the model
    filter_horizontal = ["watchers"]
    readonly_fields = ["next_due", "list_of_subscribers"]
    fieldsets = [
        (None, {"fields": ["name", "subject", "intro", "language", "period"]}),
        (gettext_lazy("Who answers for it"), {"fields": ["owner", "watchers", "needs_approval"]}),
        (gettext_lazy("Timetable"), {"fields": ["is_enabled", "times", "weekdays", "zone", "next_due"]}),
        (gettext_lazy("Subscribers"), {"fields": ["list_of_subscribers"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Report]:
        latest = Edition.objects.for_readers().filter(report=OuterRef("pk")).order_by("-pk")
        is_active = Q(subscriptions__is_active=True, subscriptions__recipient__is_active=True)
        rows: QuerySet[Report] = (
            super()
            .get_queryset(request)
            .annotate(
                subscriber_count=Count("subscriptions", filter=is_active),
                last_edition_state=Subquery(latest.values("state")[:1]),
                last_edition_date=Subquery(latest.values("local_date")[:1]),
            )
        )
        return rows

    @admin.display(description=gettext_lazy("timetable"))
    def timetable_text(self, report: Report) -> str:
        days = _("daily")
        if report.weekdays is not None:
            days = ", ".join(str(Weekday(day).label) for day in report.weekdays)
        return f"{', '.join(report.times)} · {days} · {report.zone}"

    @admin.display(description=gettext_lazy("next due"), ordering="next_due_at")
    def next_due(self, report: Report) -> str:
        return moment_in(report.zone, report.next_due_at)

    @admin.display(description=gettext_lazy("subscribers"), ordering="subscriber_count")
    def subscribers(self, report: Report) -> int:
        count: int = cast(Any, report).subscriber_count
        return count

    @admin.display(description=gettext_lazy("subscriptions"))
    def list_of_subscribers(self, report: Report) -> SafeString | str:
        if report.pk is None:
            return "–"
        count = report.subscriptions.count()
        text = ngettext("%(count)d subscription", "%(count)d subscriptions", count) % {"count": count}
        return link_to_list("subscription", text, report__id__exact=report.pk)

    def get_inlines(self, request: HttpRequest, obj: Report | None) -> list[type[InlineModelAdmin]]:
        is_long = obj is not None and obj.subscriptions.count() > MAX_INLINE_ROWS
        return [SectionInline] if is_long else [SectionInline, SubscriptionInline]

    @admin.display(description=gettext_lazy("last edition"))
    def last_edition(self, report: Report) -> SafeString | str:
        row = cast(Any, report)
        if row.last_edition_state is None:
            return "–"
        return format_html("{}: {}", row.last_edition_date, EditionState(row.last_edition_state).label)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return super().get_changeform_initial_data(request) | {"owner": request.user.pk}

    def save_model(self, request: HttpRequest, obj: Report, form: ModelForm, change: bool) -> None:
        stored = Report.objects.filter(pk=obj.pk).values(*TIMETABLE_FIELDS).first()
        if stored != {name: getattr(obj, name) for name in TIMETABLE_FIELDS}:
            control.reschedule(obj, timezone.now())
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if missing := control.what_is_missing(form.instance):
            self.message_user(request, missing, messages.WARNING)
