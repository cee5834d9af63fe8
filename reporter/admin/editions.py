from __future__ import annotations

from typing import Any

from csp.decorators import csp
from django.contrib import admin
from django.contrib.admin.options import InlineModelAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from backoffice.jobs.admin import display
from backoffice.jobs.admin.base import LargeTable, ReadOnly, user_of
from backoffice.jobs.admin.filters import DayRangeFilter
from reporter import control
from reporter.admin.base import MAX_INLINE_ROWS, NOTHING, link_to_list, moment_in
from reporter.admin.deliveries import DELIVERY_TIMES, DeliveryTimes
from reporter.admin.edition_pages import EditionPages, progress_of
from reporter.admin.mail_policy import MAIL_POLICY
from reporter.messages import content_type_of
from reporter.models import Delivery, DeliveryState, Edition, EditionFile, EditionState, Why
from reporter.models.choices import UNFINISHED
from reporter.periods import Period
from reporter.rendering.pictures import with_pictures

# The colours of the board, in a list that counts no deliveries. What is not here is under way.
LIST_STATES = {
    EditionState.SENT: "sent",
    EditionState.PARTLY_SENT: "partly",
    EditionState.FAILED: "failed",
    EditionState.SKIPPED: "skipped",
}


class DeliveryInline(DeliveryTimes, ReadOnly, admin.TabularInline):
    model = Delivery
    fields = ["name", "address", "is_copy", "shown_state", "server_reply", "due", "sent", "attempts", "next_attempt"]
    readonly_fields = [*DELIVERY_TIMES, "shown_state"]
    show_change_link = True
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        rows: QuerySet[Delivery] = super().get_queryset(request)
        rows = rows.select_related("edition__report", "decided_by")
        return rows.defer("edition__html", "edition__text")  # large, and the same in each row


@admin.register(Edition)
class EditionAdmin(EditionPages, LargeTable, ReadOnly, admin.ModelAdmin):
    list_display = ["__str__", "shown_state", "known", "why", "due", "finished"]
    list_filter = ["state", ("due_at", DayRangeFilter), "why", "report"]
    list_select_related = ["report"]
    search_fields = ["report__name", "subject"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    *("report", "progress", "problem", "list_of_deliveries", "period", "zone"),
                ]
            },
        ),
        (_("Mail"), {"fields": ["subject", "reply_to", "mail_as_sent", "files_to_download", "plain_text"]}),
        (
            _("Why"),
            {
                "fields": [
                    "why",
                    "slot",
                    "slots_covered",
                    "first_slot",
                    "requested_by",
                    "reason",
                    "original_edition",
                    "corrections",
                ]
            },
        ),
        (
            _("How far it is"),
            {"fields": ["due", "created", "attempts", "next_attempt", "built", "finished"]},
        ),
    ]
    readonly_fields = [
        "progress",
        "original_edition",
        "corrections",
        "list_of_deliveries",
        "mail_as_sent",
        "unseen",
        "files_to_download",
        "plain_text",
        "period",
        "due",
        "first_slot",
        "next_attempt",
        "created",
        "built",
        "finished",
    ]

    def get_fieldsets(self, request: HttpRequest, obj: Edition | None = None) -> Any:
        """What the mail tells is for those who may see the data of its report."""
        if obj is None or control.may_see(user_of(request), obj.report):
            return super().get_fieldsets(request, obj)
        return [
            (title, options | ({"fields": ["unseen"]} if "mail_as_sent" in options["fields"] else {}))
            for title, options in self.fieldsets
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Edition]:
        rows: QuerySet[Edition] = super().get_queryset(request).defer("html", "text")  # large, and not in the list
        return rows

    def get_inlines(self, request: HttpRequest, obj: Edition | None) -> list[type[InlineModelAdmin]]:
        is_long = obj is not None and obj.deliveries.count() > MAX_INLINE_ROWS
        return [] if is_long else [DeliveryInline]

    @staticmethod
    def get_rangefilter_due_at_title(request: HttpRequest, field_path: str) -> str:
        return gettext("day")

    @admin.display(description=_("state"), ordering="state")
    def shown_state(self, edition: Edition) -> SafeString:
        state, word = LIST_STATES.get(EditionState(edition.state), "waiting"), edition.get_state_display()
        if edition.hold and edition.state in UNFINISHED:
            state, word = "late", edition.get_hold_display()
        return format_html('<span class="state state-{}">{}</span>', state, word)

    @admin.display(description=_("what is known"))
    def known(self, edition: Edition) -> str:
        return edition.hold_reason or edition.outcome or edition.problem or NOTHING

    @admin.display(description=_("state"))
    def progress(self, edition: Edition) -> SafeString:
        return render_to_string("admin/reporter/progress.html", progress_of(edition))

    @admin.display(description=_("corrects, or tells of"))
    def original_edition(self, edition: Edition) -> str:
        return display.link(edition.original)

    @admin.display(description=_("corrected by"))
    def corrections(self, edition: Edition) -> SafeString | str:
        rows = edition.follow_ups.filter(why=Why.CORRECTION).order_by("pk")
        return format_html_join(", ", "{}", ((display.link(row, f"#{row.pk}"),) for row in rows)) or NOTHING

    @admin.display(description=_("Deliveries"))
    def list_of_deliveries(self, edition: Edition) -> SafeString | str:
        counts = edition.deliveries.order_by("state").values_list("state").annotate(count=Count("pk"))
        text = ", ".join(f"{DeliveryState(state).label}: {count}" for state, count in counts)
        return link_to_list("delivery", text, edition__id__exact=edition.pk) if text else NOTHING

    @admin.display(description=_("How it looks"))
    def mail_as_sent(self, edition: Edition) -> SafeString | str:
        if edition.stripped_at:
            text = gettext("Mail and files were removed on %(moment)s, as REPORT_KEEP_EDITIONS_DAYS says.")
            return text % {"moment": moment_in(edition.zone, edition.stripped_at)}
        if not edition.html:
            return NOTHING
        return format_html(
            '<iframe sandbox src="{}" title="{}" width="100%" height="640"></iframe>',
            reverse("admin:reporter_edition_mail", args=[edition.pk]),
            edition.subject,
        )

    @admin.display(description=_("As it was sent"))
    def unseen(self, edition: Edition) -> str:
        return gettext("You may not see the data of this report, so its mails and files are not shown. Ask its owner.")

    @admin.display(description=_("Plain text"))
    def plain_text(self, edition: Edition) -> SafeString | str:
        return format_html("<pre>{}</pre>", edition.text) if edition.text else NOTHING

    @admin.display(description=_("Files"))
    def files_to_download(self, edition: Edition) -> SafeString | str:
        links = (
            (reverse("admin:reporter_edition_file", args=[edition.pk, file.position]), file.name)
            for file in edition.files.tables()
        )
        return format_html_join(", ", '<a href="{}">{}</a>', links) or NOTHING

    # --- By the clock of the report ---

    @admin.display(description=_("period"))
    def period(self, edition: Edition) -> str:
        """By its days, the last included: what is stored is the midnight behind it."""
        return Period(edition.period_start, edition.period_end, edition.zone).label

    @admin.display(description=_("due"), ordering="due_at")
    def due(self, edition: Edition) -> str:
        return moment_in(edition.zone, edition.due_at)

    @admin.display(description=_("first slot"))
    def first_slot(self, edition: Edition) -> str:
        return moment_in(edition.zone, edition.covers_from)

    @admin.display(description=_("next attempt"))
    def next_attempt(self, edition: Edition) -> str:
        """Of its building: once that has ended, there is none."""
        return moment_in(edition.zone, edition.next_attempt_at) if edition.state == EditionState.PENDING else NOTHING

    @admin.display(description=_("created"))
    def created(self, edition: Edition) -> str:
        return moment_in(edition.zone, edition.created_at)

    @admin.display(description=_("built"))
    def built(self, edition: Edition) -> str:
        return moment_in(edition.zone, edition.built_at)

    @admin.display(description=_("finished"), ordering="finished_at")
    def finished(self, edition: Edition) -> str:
        return moment_in(edition.zone, edition.finished_at)

    # --- Pages of their own: the mail and its files ---

    def get_urls(self) -> list[URLPattern]:
        site = self.admin_site
        return [
            path("<int:pk>/mail/", site.admin_view(self.mail_view), name="reporter_edition_mail"),
            path("<int:pk>/files/<int:position>/", site.admin_view(self.file_view), name="reporter_edition_file"),
            *super().get_urls(),
        ]

    @method_decorator([require_safe, xframe_options_sameorigin, csp(MAIL_POLICY)])
    def mail_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        edition = self._seen(request, pk)
        pictures = {file.content_id: _content(file) for file in edition.files.pictures()}
        return HttpResponse(with_pictures(edition.html, pictures))

    @method_decorator(require_safe)
    def file_view(self, request: HttpRequest, pk: int, position: int) -> FileResponse:
        file = get_object_or_404(EditionFile, edition=self._seen(request, pk), position=position)
        content_type = content_type_of(file.name)
        return FileResponse(file.file.open("rb"), as_attachment=True, filename=file.name, content_type=content_type)

    def _seen(self, request: HttpRequest, pk: int) -> Edition:
        """The edition, if this person may see it."""
        edition: Any = self.get_object(request, str(pk))
        if not self.has_view_permission(request, edition):
            raise PermissionDenied
        found: Edition = edition if edition is not None else get_object_or_404(Edition, pk=pk)
        if not control.may_see(user_of(request), found.report):
            raise PermissionDenied
        return found


def _content(file: EditionFile) -> bytes:
    with file.file.open("rb") as stream:
        content: bytes = stream.read()
    return content
