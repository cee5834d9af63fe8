"""The timetables of jobs: their page, and what every row with a timetable has on its own page."""

from __future__ import annotations

from copy import copy
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from backoffice.jobs import control, positions
from backoffice.jobs.admin.base import MixinBase, user_of
from backoffice.jobs.admin.timetable_form import TimetableForm
from backoffice.jobs.admin.timetable_page import TimetablePage
from backoffice.jobs.admin.timetable_preview import MOST_ASKED, Other, Preview, preview
from backoffice.jobs.intervals import INSTANT
from backoffice.jobs.models import Job, Pause
from backoffice.jobs.timetable import UNREADABLE, Timetable
from backoffice.jobs.words import describe


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
        shown.remarks[:0] = self._hindrances()
        return shown

    def _hindrances(self) -> list[tuple[str, str]]:
        """What keeps the job from being run, whatever its timetable says."""
        job, found = self.row, []
        if job.problem:
            found.append(("bad", job.problem))
        if not job.is_listed:
            found.append(("odd", gettext("CRON_CLASSES does not name this job: it is run by hand only.")))
        if not job.is_enabled:
            found.append(("odd", gettext("The job is switched off: it does not come due until it is on.")))
        lasting = Pause.objects.concerning(job).active(self.now).select_related("by")
        text = gettext("The job is %(pause)s.")
        return [*found, *(("odd", text % {"pause": control.pause_words(pause)}) for pause in lasting)]

    def _start(self, timetable: Timetable) -> tuple[datetime, datetime | None]:
        """Where the scheduler would go on with it."""
        job = copy(self.row)
        if self.is_in_force(timetable) and job.next_slot_at:
            return job.next_slot_at - INSTANT, job.interval_anchor
        try:
            is_due = positions.has_due(job, self.now)
        except UNREADABLE:
            is_due = False
        if is_due:
            job.claimed_at = self.now  # what is due by the old one is claimed first
        position = positions.changed_over(timetable, job, self.now)
        first = position["next_slot_at"]
        return first - INSTANT if first else self.now, position["interval_anchor"]

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
        person = user_of(self.request)
        control.reschedule(self.row, timetable, self.now, by=person, reason=reason, seen=seen)

    def put_back(self, change: Any, reason: str, seen: int) -> None:
        control.put_back(self.row, change, self.now, by=user_of(self.request), reason=reason, seen=seen)


class HasTimetable(MixinBase):
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
        return user_of(request).has_perm(self.timetable_page.permission)

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
