"""Pauses: as they are shown wherever their job is, and all of them in a list."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from backoffice.jobs import control
from backoffice.jobs.admin import display
from backoffice.jobs.admin.base import ReadOnly, TypedAdmin
from backoffice.jobs.models import Job, Pause


def of_all(now: datetime) -> Pause | None:
    """The pause of all jobs, if it lasts."""
    return Pause.objects.of(None).active(now).select_related("by").first()


def own(job: Job, now: datetime) -> Pause | None:
    """The pause of this job alone, if it lasts."""
    pause = getattr(job, "pause", None)
    return pause if pause and pause.is_active(now) else None


def lasting(job: Job, now: datetime, overall: Pause | None) -> list[Pause]:
    """All that keep ``job`` from being started; ``overall`` is that of all jobs."""
    return [pause for pause in (overall, own(job, now)) if pause]


def drawn(pauses: Iterable[Pause], *, in_list: bool = False) -> SafeString:
    """A badge for each, with who, until when, and why; of that of all jobs a list says so above its rows."""
    return format_html_join(
        "",
        '{}<div class="detail">{}</div>',
        (
            (
                display.badge("odd", gettext("paused") if pause.job_id else gettext("all jobs are paused")),
                "" if in_list and pause.job_id is None else control.pause_words(pause),
            )
            for pause in pauses
        ),
    )


@admin.register(Pause)
class PauseAdmin(ReadOnly, TypedAdmin[Pause]):
    """The last pause of each job, and of all; its history says who paused and resumed, and why."""

    list_display = ["of", "state", "who", "began", "ends", "reason"]
    list_select_related = ["job", "by"]
    fields = ["of", "state", "who", "began", "ends", "reason"]
    search_fields = ["job__code", "reason"]
    ordering = ["-since"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Pause]:
        return super().get_queryset(request).select_related("job", "by")

    @admin.display(description=_("job"))
    def of(self, pause: Pause) -> str:
        return str(pause)

    @admin.display(description=_("state"))
    def state(self, pause: Pause) -> str:
        if pause.is_active(timezone.now()):
            return display.badge("odd", gettext("paused"))
        return display.badge("quiet", gettext("over"))

    @admin.display(description=_("paused by"))
    def who(self, pause: Pause) -> str:
        return pause.who

    @admin.display(description=_("since"), ordering="since")
    def began(self, pause: Pause) -> str:
        return display.moment(pause.since)

    @admin.display(description=_("until"), ordering="until")
    def ends(self, pause: Pause) -> str:
        return display.moment(pause.until) if pause.until else gettext("for good")
