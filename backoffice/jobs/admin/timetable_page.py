"""The page on which a timetable is changed: it answers while one types, asks before it saves, and puts back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext

from backoffice.jobs import control
from backoffice.jobs.admin.asking import ReasonForm
from backoffice.jobs.admin.timetable_form import TimetableForm
from backoffice.jobs.admin.timetable_preview import Preview
from backoffice.jobs.models.history import TimetableChange
from backoffice.jobs.timetable import UNREADABLE, Timetable
from backoffice.jobs.typed_fields import zones
from backoffice.jobs.workdays import subdivisions

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

# Earlier timetables that the page offers.
MOST_CHANGES = 20


class TimetablePage:
    """One request for the page of one row. A subclass says what is known of the row, and what saving means."""

    permission: ClassVar[str]

    def __init__(self, model_admin: ModelAdmin[Any], request: HttpRequest, row: Any) -> None:
        self.model_admin, self.request, self.row = model_admin, request, row
        self.now = timezone.now()
        posted = request.POST.get("seen", "") if request.method == "POST" else ""
        # The latest change when the page was opened, 0 for none: so nobody undoes another's change unawares.
        self.seen = int(posted) if posted.isdecimal() and len(posted) < 19 else self._latest()

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

    def is_in_force(self, timetable: Timetable) -> bool:
        """Whether it is the one that counts now: then its next moments are those that stand in the row."""
        try:
            return timetable == self.read(self.stored())
        except UNREADABLE:
            return False

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
        if request.POST.get("step") in ("check", "save") and form.is_valid():
            return self._asked_to_save(form) if self._is_another(form) else self._left_as_it_is()
        return self._page(form)

    def _is_another(self, form: TimetableForm) -> bool:
        return (form.timetable.to_data() if form.timetable else None) != self.stored()

    def _left_as_it_is(self) -> HttpResponse:
        """No mistake: a new report is asked for its timetable, and the one that it begins with may do."""
        text = gettext("The timetable stays as it is: %(timetable)s.") % {"timetable": self.words(self.stored())}
        self.model_admin.message_user(self.request, text, messages.INFO)
        return HttpResponseRedirect(self._address("change"))

    def _asked_to_save(self, form: TimetableForm) -> HttpResponse:
        """The page that shows before and after; or, from there, the change itself."""
        reasons = ReasonForm(self.request.POST if self._is_confirmed else None)
        if self._is_confirmed and reasons.is_valid():
            try:
                self.save(form.timetable, reasons.cleaned_data["reason"], self.seen)
            except control.ChangedMeanwhile as changed:
                form.add_error(None, str(changed))
                self.seen = self._latest()  # the page that follows tells what it is now
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
                self.put_back(change, reasons.cleaned_data["reason"], self.seen)
            except (control.ChangedMeanwhile, *UNREADABLE) as error:
                self.model_admin.message_user(self.request, str(error), messages.ERROR)
                return HttpResponseRedirect(self.request.path)
            return self._done()
        return self._confirm(self.words(change.before), reasons, change=change)

    @property
    def _is_confirmed(self) -> bool:
        return self.request.method == "POST" and self.request.POST.get("step") == "save"

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
        form = context.get("form")
        context |= self.model_admin.admin_site.each_context(self.request) | {
            "title": gettext("Timetable of %(name)s") % {"name": self.row},
            "opts": self.model_admin.opts,
            "row": self.row,
            "back": self._address("change"),
            "seen": self.seen,
            "subdivisions": subdivisions(str(form["country"].value() or "")) if form else {},
        }
        return TemplateResponse(self.request, f"admin/timetables/{template}", context)
