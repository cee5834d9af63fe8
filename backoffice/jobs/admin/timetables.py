"""The page on which a timetable is changed: it answers while one types, asks before it saves, and puts back."""

from __future__ import annotations

from copy import copy
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from backoffice.jobs import control, positions
from backoffice.jobs.admin.asking import ReasonForm
from backoffice.jobs.admin.timetable_form import TimetableForm
from backoffice.jobs.admin.timetable_preview import MOST_ASKED, Other, Preview, preview
from backoffice.jobs.intervals import INSTANT
from backoffice.jobs.models import Job
from backoffice.jobs.models.history import TimetableChange
from backoffice.jobs.timetable import UNREADABLE, Timetable
from backoffice.jobs.typed_fields import zones
from backoffice.jobs.words import describe
from backoffice.jobs.workdays import subdivisions

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    Base = ModelAdmin[Any]
else:
    Base = object

# Earlier timetables that the page offers.
MOST_CHANGES = 20


class TimetablePage:
    """One request for the page of one row. A subclass says what is known of the row, and what saving means."""

    permission: ClassVar[str]

    def __init__(self, model_admin: ModelAdmin[Any], request: HttpRequest, row: Any) -> None:
        self.model_admin, self.request, self.row = model_admin, request, row
        self.now = timezone.now()

    # --- What a subclass says ---

    @property
    def changes(self) -> QuerySet[Any]:
        return cast("QuerySet[Any]", self.row.timetable_changes.select_related("changed_by"))

    def words(self, data: dict[str, Any] | None) -> str:
        """A timetable in words, as a change holds it."""
        raise NotImplementedError

    def stored(self) -> dict[str, Any] | None:
        """What counts now, as a change would hold it."""
        raise NotImplementedError

    def read(self, data: dict[str, Any] | None) -> Timetable:
        """What a change holds. Raises one of UNREADABLE."""
        raise NotImplementedError

    def form(self, data: Any = None) -> TimetableForm:
        raise NotImplementedError

    def preview_of(self, timetable: Timetable) -> Preview:
        raise NotImplementedError

    def save(self, timetable: Timetable | None, reason: str, seen: int) -> None:
        raise NotImplementedError

    def put_back(self, change: Any, reason: str, seen: int) -> None:
        raise NotImplementedError

    # --- What it answers ---

    def respond(self) -> HttpResponse:
        request = self.request
        version = (request.POST if request.method == "POST" else request.GET).get("version")
        if version:
            return self._asked_to_put_back(version)
        if request.method != "POST":
            return self._page(self.form())
        form = self.form(request.POST)
        if request.headers.get("HX-Request"):
            return self._answer("preview.html", form=form, shown=self._shown(form), is_answer=True)
        if request.POST.get("step") in ("check", "save") and form.is_valid() and self._is_another(form):
            return self._asked_to_save(form)
        return self._page(form)

    def _is_another(self, form: TimetableForm) -> bool:
        data = form.timetable.to_data() if form.timetable else None
        if data != self.stored():
            return True
        form.add_error(None, gettext("This is the timetable that it has already."))
        return False

    def _asked_to_save(self, form: TimetableForm) -> HttpResponse:
        """The page that shows before and after; or, from there, the change itself."""
        reasons = ReasonForm(self.request.POST if self._is_confirmed else None)
        if self._is_confirmed and reasons.is_valid():
            try:
                self.save(form.timetable, reasons.cleaned_data["reason"], self._seen)
            except control.ChangedMeanwhile as changed:
                form.add_error(None, str(changed))
                return self._page(form)
            return self._done()
        return self._confirm(self.words(form.timetable.to_data() if form.timetable else None), reasons, form=form)

    def _asked_to_put_back(self, version: str) -> HttpResponse:
        change = self.changes.filter(pk=version).first() if version.isdecimal() and len(version) < 19 else None
        if change is None:
            raise Http404
        reasons = ReasonForm(self.request.POST if self._is_confirmed else None)
        if self._is_confirmed and reasons.is_valid():
            try:
                self.put_back(change, reasons.cleaned_data["reason"], self._seen)
            except (control.ChangedMeanwhile, *UNREADABLE) as error:
                self.model_admin.message_user(self.request, str(error), messages.ERROR)
                return HttpResponseRedirect(self.request.path)
            return self._done()
        return self._confirm(self.words(change.before), reasons, change=change)

    @property
    def _is_confirmed(self) -> bool:
        return self.request.method == "POST" and self.request.POST.get("step") == "save"

    @property
    def _seen(self) -> int:
        """The latest change when the page was opened, 0 for none: so nobody undoes another's change unawares."""
        text = self.request.POST.get("seen", "")
        return int(text) if text.isdecimal() and len(text) < 19 else 0

    def _latest(self) -> int:
        return self.changes.values_list("pk", flat=True).first() or 0

    def _done(self) -> HttpResponse:
        text = gettext("The timetable is: %(timetable)s.") % {"timetable": self.words(self.stored())}
        self.model_admin.message_user(self.request, text, messages.SUCCESS)
        return HttpResponseRedirect(self._address("change"))

    def _address(self, name: str) -> str:
        opts = self.model_admin.opts
        return reverse(f"admin:{opts.app_label}_{opts.model_name}_{name}", args=[self.row.pk])

    # --- Pages ---

    def _page(self, form: TimetableForm) -> HttpResponse:
        changes = [(change, self.words(change.before), self.words(change.after)) for change in self._changes()]
        now = capfirst(self.words(self.stored()))
        return self._answer(
            "page.html", form=form, shown=self._shown(form), changes=changes, in_force=now, zones=zones()
        )

    def _changes(self) -> list[TimetableChange]:
        return list(self.changes[:MOST_CHANGES])

    def _confirm(self, after: str, reasons: ReasonForm, **context: Any) -> HttpResponse:
        change, form = context.get("change"), context.get("form")
        shown = None
        try:
            shown = self.preview_of(form.meant if form else self.read(change.before if change else None))
        except UNREADABLE:
            after = gettext("This one cannot be read any more, and cannot be put back.")
        texts = {"before": capfirst(self.words(self.stored())), "after": capfirst(after)}
        return self._answer("confirm.html", reasons=reasons, shown=shown, **texts, **context)

    def _shown(self, form: TimetableForm) -> Preview | None:
        """None while something is wrong with what was typed."""
        if form.is_bound:
            return self.preview_of(form.meant) if form.is_valid() and form.meant else None
        try:
            return self.preview_of(self.read(self.stored()))
        except UNREADABLE:
            return None

    def _answer(self, template: str, **context: Any) -> TemplateResponse:
        # From a person who had the page open while somebody else changed it, that is what was seen.
        seen: str | int | None = self.request.POST.get("seen") if self.request.method == "POST" else None
        form = context.get("form")
        if seen is None or (form is not None and form.non_field_errors()):
            seen = self._latest()
        context |= self.model_admin.admin_site.each_context(self.request) | {
            "title": gettext("Timetable of %(name)s") % {"name": self.row},
            "opts": self.model_admin.opts,
            "row": self.row,
            "back": self._address("change"),
            "seen": seen,
            "subdivisions": subdivisions(str(form["country"].value() or "")) if form else {},
        }
        return TemplateResponse(self.request, f"admin/timetables/{template}", context)


class JobTimetablePage(TimetablePage):
    permission = control.RESCHEDULE_JOB
    row: Job

    def words(self, data: dict[str, Any] | None) -> str:
        return control.in_words(self.row, data)

    def stored(self) -> dict[str, Any] | None:
        return self.row.own_timetable

    def read(self, data: dict[str, Any] | None) -> Timetable:
        return self.row.timetable_in_code if data is None else Timetable.from_data(data, self.row.code)

    def form(self, data: Any = None) -> TimetableForm:
        job = self.row
        try:
            current, is_own = job.timetable, job.own_timetable is not None
            describe(current)
        except UNREADABLE:
            current, is_own = job.timetable_in_code, False
        return TimetableForm(data, current=current, in_code=job.timetable_in_code, is_own=is_own)

    def preview_of(self, timetable: Timetable) -> Preview:
        after, anchor = self._start(timetable)
        shown = preview(timetable, self.now, after, anchor, self._others())
        if not self.row.is_enabled:
            shown.remarks.insert(0, ("odd", gettext("The job is switched off: it does not come due until it is on.")))
        return shown

    def _start(self, timetable: Timetable) -> tuple[datetime, datetime]:
        """Where the scheduler would go on with it."""
        job = copy(self.row)
        try:
            is_due = positions.has_due(job, self.now)
        except UNREADABLE:
            is_due = False
        if is_due:
            job.claimed_at = self.now  # what is due by the old one is claimed first
        position = positions.changed_over(timetable, job, self.now)
        first = position["next_slot_at"]
        after = first - INSTANT if first and first <= self.now else self.now
        return after, position["interval_anchor"]

    def _others(self) -> list[Other]:
        rows = Job.objects.runnable().filter(next_due_at__isnull=False).exclude(pk=self.row.pk)
        found = []
        for job in rows.order_by("next_due_at")[:MOST_ASKED]:
            try:
                found.append((job.code, job.timetable, job.interval_anchor))
            except UNREADABLE:
                continue
        return found

    def save(self, timetable: Timetable | None, reason: str, seen: int) -> None:
        person = cast(User, self.request.user)
        control.reschedule(self.row, timetable, self.now, by=person, reason=reason, seen=seen)

    def put_back(self, change: Any, reason: str, seen: int) -> None:
        control.put_back(self.row, change, self.now, by=cast(User, self.request.user), reason=reason, seen=seen)


class HasTimetable(Base):
    """A ModelAdmin whose rows have a timetable: its page, and ``timetable_and_link`` for the row's own page."""

    timetable_page: type[TimetablePage]

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_timetable"
        view = self.admin_site.admin_view(self.timetable_view)
        return [path("<int:pk>/timetable/", view, name=name), *super().get_urls()]

    def timetable_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not (self.has_view_permission(request) and self.may_change_timetable(request)):
            raise PermissionDenied
        row = self.get_queryset(request).filter(pk=pk).first()
        if row is None:
            raise Http404
        return self.timetable_page(self, request, row).respond()

    def may_change_timetable(self, request: HttpRequest) -> bool:
        return cast(User, request.user).has_perm(self.timetable_page.permission)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*super().get_readonly_fields(request, obj), "timetable_and_link", "timetable_alone"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Without the permission, or before there is a row, no link is shown."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is not None and self.may_change_timetable(request):
            return fieldsets
        names = {"timetable_and_link": "timetable_alone"}
        return [
            (title, {**options, "fields": [names.get(str(field), field) for field in options["fields"]]})
            for title, options in fieldsets
        ]

    @admin.display(description=_("timetable"))
    def timetable_alone(self, row: Any) -> str:
        in_force, in_code = self.timetable_texts(row)
        return format_html('{}<div class="in-code">{}</div>', in_force, in_code) if in_code else in_force

    @admin.display(description=_("timetable"))
    def timetable_and_link(self, row: Any) -> str:
        address = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_timetable", args=[row.pk])
        link = format_html('<a class="button" href="{}">{}</a>', address, gettext("Change the timetable"))
        return format_html('{}<div class="change-timetable">{}</div>', self.timetable_alone(row), link)

    def timetable_texts(self, row: Any) -> tuple[str, str]:
        """What counts and, where staff have put it in place of the code's, what stands there."""
        if row.own_timetable is None:
            return capfirst(control.in_words(row, None)), ""
        return capfirst(control.in_words(row, row.own_timetable)), capfirst(control.in_words(row, None))
