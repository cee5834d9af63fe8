"""How jobs and runs are shown: words, badges, moments and durations."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Model
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_cron.models import CronJobLog

from backoffice.jobs.models import Run, RunStatus, RunTrigger

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

NOTHING = "–"

# How grave it is: the class of the badge. What is not here is grey.
GRAVITY = {
    RunStatus.RUNNING: "busy",
    RunStatus.SUCCEEDED: "good",
    RunStatus.FAILED: "bad",
    RunStatus.INTERRUPTED: "bad",
    RunStatus.CANCELLED: "odd",
    RunStatus.MISSED: "odd",
}


def badge(gravity: str, text: str | StrPromise) -> SafeString:
    return format_html('<span class="badge badge-{}">{}</span>', gravity, text)


def status_badge(status: RunStatus) -> SafeString:
    return badge(GRAVITY.get(status, "quiet"), status.label)


def log_result(log: CronJobLog) -> tuple[str, str]:
    """The gravity and the word for how a logged run ended; the log alone knows but success and failure."""
    run = getattr(log, "run", None)
    if run is not None:
        return GRAVITY.get(run.shown_status, "quiet"), str(run.shown_status.label)
    return ("good", _("succeeded")) if log.is_success else ("bad", _("failed"))


def moment(at: datetime | None) -> str:
    """To the second, in the viewer's zone, in one form for every language."""
    if at is None:
        return NOTHING
    return format_html('<time datetime="{}">{}</time>', timezone.localtime(at).isoformat(), plain_moment(at))


def plain_moment(at: datetime) -> str:
    """The same where no markup can stand."""
    return date_format(timezone.localtime(at), "Y-m-d H:i:s")


def took(duration: timedelta | None) -> str:
    if duration is None:
        return NOTHING
    seconds = max(0.0, duration.total_seconds())
    if seconds < 10:
        return _("%(seconds).1f s") % {"seconds": seconds}
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours and minutes:
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
    if hours:
        return _("%(hours)d h") % {"hours": hours}
    if minutes and not rest:
        return _("%(minutes)d min") % {"minutes": minutes}
    if minutes:
        return _("%(minutes)d min %(seconds)d s") % {"minutes": minutes, "seconds": rest}
    return _("%(seconds)d s") % {"seconds": rest}


def ahead(at: datetime, now: datetime) -> str:
    """How far off a moment is: "in 4 min", "for 2 h" if it has come and nothing was done about it yet."""
    if at <= now:
        return _("due for %(duration)s") % {"duration": roughly(now - at)}
    return _("in %(duration)s") % {"duration": roughly(at - now)}


def ago(at: datetime, now: datetime) -> str:
    return _("%(duration)s ago") % {"duration": roughly(now - at)}


def roughly(duration: timedelta) -> str:
    """In one unit, as people say it: "80 s", "5 h", "3 days"."""
    seconds = max(0, int(duration.total_seconds()))
    if seconds < 90:
        return _("%(seconds)d s") % {"seconds": seconds}
    if seconds < 90 * 60:
        return _("%(minutes)d min") % {"minutes": round(seconds / 60)}
    if seconds < 36 * 3600:
        return _("%(hours)d h") % {"hours": round(seconds / 3600)}
    days = round(seconds / 86400)
    return ngettext("%(days)d day", "%(days)d days", days) % {"days": days}


def where(run: Run) -> str:
    if not run.host:
        return NOTHING
    return _("%(host)s, process %(pid)s") % {"host": run.host, "pid": run.pid}


def link(to: Model | None, text: str = "") -> str:
    """A link to the page of ``to``."""
    if to is None:
        return NOTHING
    url = reverse(f"admin:{to._meta.app_label}_{to._meta.model_name}_change", args=[to.pk])
    return format_html('<a href="{}">{}</a>', url, text or str(to))


def cause(run: Run) -> str:
    """Who or what started a run."""
    if run.trigger == RunTrigger.PERSON and run.requested_by:
        return run.requested_by.get_username()
    text = capfirst(run.get_trigger_display())
    if run.slots_covered > 1:
        values = {"text": text, "count": run.slots_covered}
        return ngettext("%(text)s, for %(count)d slot", "%(text)s, for %(count)d slots", run.slots_covered) % values
    return text


def breakable(code: str) -> SafeString:
    """A job's code, which in a narrow column goes on in the next line behind a point or an underscore."""
    return format_html_join(SafeString("<wbr>"), "{}", ((part,) for part in re.split(r"(?<=[._])", code)))


def link_to_run(pk: int, text: str) -> SafeString:
    return format_html('<a href="{}">{}</a>', reverse("admin:jobs_run_change", args=[pk]), text)
