"""What staff may set about a job, apart from its timetable."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, cast

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Field
from django.utils.translation import gettext as _

from backoffice.jobs import positions
from backoffice.jobs.control.rights import CHANGE_JOB, check, note
from backoffice.jobs.models import Job

SETTINGS = (
    "is_enabled",
    "missed_policy",
    "overlap_policy",
    "time_limit_seconds",
    "max_retries",
    "retry_pause_minutes",
)

# So that pauses which double stay within the calendar.
MOST_RETRIES = 100
LONGEST_PAUSE_MINUTES = 7 * 24 * 60


def change_settings(
    job: Job, values: dict[str, Any], now: datetime, *, by: User | None = None, reason: str = ""
) -> bool:
    """Set some of SETTINGS; what is not among ``values`` stays. False if nothing differs.

    Raises PermissionDenied; ValidationError, by field, for what cannot be; KeyError for what is no setting.
    """
    check(by, CHANGE_JOB)
    if unknown := set(values) - set(SETTINGS):
        raise KeyError(", ".join(sorted(unknown)))
    with transaction.atomic():
        row = Job.objects.select_for_update().get(pk=job.pk)
        before = {name: getattr(row, name) for name in values}
        for name, value in values.items():
            setattr(row, name, value)
        check_settings(row, values)
        changed = {name: getattr(row, name) for name in values if getattr(row, name) != before[name]}
        if not changed:
            return False
        note(by, job, _changes(before, changed, reason))
        if changed.get("is_enabled"):
            # What came due while it was switched off was not wanted: its timetable begins anew.
            changed |= positions.changed_over(row.timetable, row, now)
        Job.objects.filter(pk=job.pk).update(**changed)
    for name, value in changed.items():
        setattr(job, name, value)
    return True


def check_settings(job: Job, values: Collection[str]) -> None:
    """Raise ValidationError, by field, for what cannot be among these settings of ``job``, a row not saved yet."""
    job.clean_fields(exclude=[field.name for field in job._meta.fields if field.name not in values])
    errors: dict[str, str] = {}
    limit = job.time_limit_seconds
    if "time_limit_seconds" in values and limit is not None and not 1 <= limit <= job.lock_seconds:
        text = _("Give a number of seconds from 1 to %(most)d, which is what the code allows, or leave it empty.")
        errors["time_limit_seconds"] = text % {"most": job.lock_seconds}
    if job.max_retries is not None and job.max_retries > MOST_RETRIES:
        errors["max_retries"] = _("Give a number from 0 to %(most)d, or leave it empty.") % {"most": MOST_RETRIES}
    pause = job.retry_pause_minutes
    if pause is not None and not 1 <= pause <= LONGEST_PAUSE_MINUTES:
        text = _("Give a number of minutes from 1 to %(most)d, or leave it empty.")
        errors["retry_pause_minutes"] = text % {"most": LONGEST_PAUSE_MINUTES}
    elif pause is not None and not job.max_retries:
        errors["retry_pause_minutes"] = _("Say how often it is tried again, too, or leave this empty.")
    if errors := {name: text for name, text in errors.items() if name in values}:
        raise ValidationError(errors)


def _changes(before: dict[str, Any], after: dict[str, Any], reason: str) -> str:
    lines = [
        _("%(setting)s: %(before)s → %(after)s")
        % {
            "setting": _field(name).verbose_name,
            "before": shown(name, before[name]),
            "after": shown(name, value),
        }
        for name, value in after.items()
    ]
    return f"{'; '.join(lines)}. {reason}"


def shown(name: str, value: Any) -> str:
    """The value of a setting, in words."""
    if value is None:
        return _("as in the code")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(dict(_field(name).flatchoices).get(value, value))


def _field(name: str) -> Field[Any, Any]:
    return cast("Field[Any, Any]", Job._meta.get_field(name))
