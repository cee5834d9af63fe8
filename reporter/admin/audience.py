"""Recipients, their groups and tags, and what they are subscribed to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.contrib.admin.options import InlineModelAdmin
from django.contrib.auth.models import User
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from backoffice.jobs.admin.base import MixinBase, user_of
from reporter import control
from reporter.admin.audience_forms import (
    GroupSubscriptionForm,
    MembershipForm,
    RecipientForm,
    SubscriptionForm,
)
from reporter.admin.base import MAX_INLINE_ROWS, NOTHING, link_to_list, moment_in
from reporter.admin.handing_over import hand_over_view
from reporter.admin.importing import import_view
from reporter.models import GroupSubscription, Recipient, RecipientGroup, Subscription, Tag
from reporter.models.audience import Membership
from reporter.models.subscription import Wish


class KnowsWho(MixinBase):
    """Tells its forms who fills them in. Django makes the classes of forms anew for each request."""

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.user = request.user
        return form


class KnowsWhoInline:
    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)  # type: ignore[misc]
        formset.form.user = request.user
        return formset


class WishColumns:
    @admin.display(description=gettext_lazy("when"))
    def when(self, wish: Wish) -> str:
        return wish.in_words()


class SubscriptionInline(KnowsWhoInline, admin.TabularInline):
    model = Subscription
    form = SubscriptionForm
    fields = ["recipient", "is_copy", "send_time", "weekdays", "is_active", "unsubscribed_at"]
    readonly_fields = ["unsubscribed_at"]
    extra = 0
    autocomplete_fields = ["recipient"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).select_related("report", "recipient")
        return rows


class GroupSubscriptionInline(KnowsWhoInline, admin.TabularInline):
    model = GroupSubscription
    form = GroupSubscriptionForm
    extra = 0
    autocomplete_fields = ["report", "group"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).select_related("report", "group")
        return rows


class ReportGroupInline(GroupSubscriptionInline):
    fields = ["group", "send_time", "weekdays", "is_active"]


class MembershipInline(KnowsWhoInline, admin.TabularInline):
    model = Membership
    form = MembershipForm
    extra = 0
    autocomplete_fields = ["recipient", "recipientgroup"]
    verbose_name = gettext_lazy("group")
    verbose_name_plural = gettext_lazy("groups")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).select_related("recipient", "recipientgroup")
        return rows


class MemberInline(MembershipInline):
    verbose_name = gettext_lazy("member")
    verbose_name_plural = gettext_lazy("members")


class ToGroupForm(ActionForm):
    """Beside the list of actions: which group is meant."""

    group = forms.ModelChoiceField(RecipientGroup.objects.all(), label=gettext_lazy("Group:"), required=False)


@admin.register(Recipient)
class RecipientAdmin(KnowsWho, admin.ModelAdmin):
    form = RecipientForm
    list_display = ["name", "address", "language", "tag_names", "is_active"]
    list_filter = ["is_active", "language", "groups", "tags"]
    search_fields = ["name", "address"]
    autocomplete_fields = ["tags"]
    inlines = [MembershipInline]
    action_form = ToGroupForm
    actions = ["add_to_group", "take_out_of_group", "export_csv"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Recipient]:
        rows: QuerySet[Recipient] = super().get_queryset(request).prefetch_related("tags")
        return rows

    @admin.display(description=gettext_lazy("tags"))
    def tag_names(self, recipient: Recipient) -> str:
        return ", ".join(tag.name for tag in recipient.tags.all())

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        recipient = self.get_object(request, object_id)
        context = {"received": self._received(recipient)} if recipient else {}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def _received(self, recipient: Recipient) -> dict[str, Any]:
        rows = control.received_by(recipient, timezone.now())
        latest = control.latest_deliveries(recipient)
        return {
            "rows": [(row, moment_in(row.report.zone, row.next_at)) for row in rows],
            "latest": [(each, moment_in(each.edition.zone, each.sent_at or each.due_at)) for each in latest],
            "all_deliveries": link_to_list("delivery", _("All deliveries"), recipient__id__exact=recipient.pk),
        }

    # --- Groups, from the list ---

    def has_group_permission(self, request: HttpRequest) -> bool:
        return user_of(request).has_perm(control.CHANGE_GROUP)

    @admin.action(description=gettext_lazy("Add to the group"), permissions=["group"])
    def add_to_group(self, request: HttpRequest, queryset: QuerySet[Recipient]) -> None:
        done = self._with_group(request, queryset, control.add_to_group)
        if done is not None:
            text = ngettext("%(count)d recipient was added.", "%(count)d recipients were added.", done)
            self.message_user(request, text % {"count": done}, messages.SUCCESS)

    @admin.action(description=gettext_lazy("Take out of the group"), permissions=["group"])
    def take_out_of_group(self, request: HttpRequest, queryset: QuerySet[Recipient]) -> None:
        done = self._with_group(request, queryset, control.take_out_of_group)
        if done is not None:
            text = ngettext("%(count)d recipient was taken out.", "%(count)d recipients were taken out.", done)
            self.message_user(request, text % {"count": done}, messages.SUCCESS)

    def _with_group(
        self,
        request: HttpRequest,
        queryset: QuerySet[Recipient],
        change: Callable[[RecipientGroup, QuerySet[Recipient], User], int],
    ) -> int | None:
        key = request.POST.get("group", "")
        group = RecipientGroup.objects.filter(pk=int(key)).first() if key.isdecimal() and len(key) < 19 else None
        if group is None:
            self.message_user(request, _("Choose a group beside the action."), messages.WARNING)
            return None
        try:
            return change(group, queryset, user_of(request))
        except control.NotAllowed as error:
            self.message_user(request, str(error), messages.ERROR)
            return None

    def has_export_permission(self, request: HttpRequest) -> bool:
        return user_of(request).has_perm(control.EXPORT)

    @admin.action(description=gettext_lazy("Export as CSV"), permissions=["export"])
    def export_csv(self, request: HttpRequest, queryset: QuerySet[Recipient]) -> HttpResponse:
        """A file as *Import from a file* reads it."""
        response = HttpResponse(control.written(queryset.prefetch_related("groups")), content_type="text/csv")
        response["Content-Disposition"] = 'attachment; filename="recipients.csv"'
        return response

    # --- Pages of their own ---

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("import/", view(lambda request: import_view(request, self)), name="reporter_recipient_import"),
            path(
                "<int:pk>/hand-over/",
                view(lambda request, pk: hand_over_view(request, self, pk)),
                name="reporter_recipient_hand_over",
            ),
            *super().get_urls(),
        ]


@admin.register(RecipientGroup)
class RecipientGroupAdmin(admin.ModelAdmin):
    list_display = ["name", "member_count", "reports"]
    search_fields = ["name"]
    ordering = ["name"]
    fields = ["name", "list_of_members"]
    readonly_fields = ["list_of_members"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[RecipientGroup]:
        rows = super().get_queryset(request).annotate(member_count=Count("members")).order_by("name")
        return cast("QuerySet[RecipientGroup]", rows.prefetch_related("subscriptions__report"))

    def get_inlines(self, request: HttpRequest, obj: RecipientGroup | None) -> list[type[InlineModelAdmin]]:
        is_long = obj is not None and obj.members.count() > MAX_INLINE_ROWS
        return [GroupSubscriptionInline] if is_long else [GroupSubscriptionInline, MemberInline]

    @admin.display(description=gettext_lazy("members"), ordering="member_count")
    def member_count(self, group: RecipientGroup) -> int:
        count: int = cast(Any, group).member_count
        return count

    @admin.display(description=gettext_lazy("reports"))
    def reports(self, group: RecipientGroup) -> str:
        return ", ".join(row.report.name for row in group.subscriptions.all() if row.is_active) or NOTHING

    @admin.display(description=gettext_lazy("members"))
    def list_of_members(self, group: RecipientGroup) -> SafeString | str:
        """Many are added and taken out in the list of recipients, by its actions."""
        if group.pk is None:
            return NOTHING
        count = group.members.count()
        text = ngettext("%(count)d recipient", "%(count)d recipients", count) % {"count": count}
        return link_to_list("recipient", text, groups__id__exact=group.pk)


@admin.register(Tag)
class TagAdmin(admin.ModelAdmin):
    list_display = ["name"]
    search_fields = ["name"]


@admin.register(Subscription)
class SubscriptionAdmin(WishColumns, KnowsWho, admin.ModelAdmin):
    form = SubscriptionForm
    list_display = ["report", "recipient", "when", "is_copy", "is_active", "unsubscribed_at"]
    list_filter = ["is_active", "is_copy", ("unsubscribed_at", admin.EmptyFieldListFilter), "report"]
    list_select_related = ["report", "recipient"]
    search_fields = ["recipient__name", "recipient__address"]
    autocomplete_fields = ["report", "recipient"]
    readonly_fields = ["unsubscribed_at"]
    fields = ["report", "recipient", "send_time", "weekdays", "is_copy", "is_active", "unsubscribed_at"]


@admin.register(GroupSubscription)
class GroupSubscriptionAdmin(WishColumns, KnowsWho, admin.ModelAdmin):
    form = GroupSubscriptionForm
    list_display = ["report", "group", "when", "is_active"]
    list_filter = ["is_active", "report"]
    list_select_related = ["report", "group"]
    search_fields = ["group__name", "report__name"]
    autocomplete_fields = ["report", "group"]
