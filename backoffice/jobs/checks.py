"""What `manage.py check` says about jobs and settings: warnings, since none of it may stop a tick."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps.config import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Warning, register
from django.core.exceptions import ImproperlyConfigured

from backoffice.jobs import registry
from backoffice.jobs.executors.base import EXECUTORS


@register()
def check_cron_classes(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Each entry of CRON_CLASSES that cannot be run, or that never comes due."""
    found: list[CheckMessage] = []
    for entry in registry.configured():
        if entry.problem:
            found.append(Warning(entry.problem.text, obj=entry.path, id=entry.problem.id))
        elif entry.timetable.never_comes_due():
            found.append(
                Warning(
                    f"The timetable of {entry.code} never comes due: it has no time and no interval, or no such day.",
                    hint="Correct its schedule, give it a timetable in the browser, or run it by hand only.",
                    obj=entry.path,
                    id="jobs.W007",
                )
            )
    return found


@register()
def check_time_zone(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """A TIME_ZONE that is not known, also while no job keeps to local times."""
    if not settings.TIME_ZONE_PROBLEM:
        return []
    hint = "Pages show UTC, and jobs at set times or on set days are not run, until it is corrected."
    return [Warning(f"{settings.TIME_ZONE_PROBLEM}.", hint=hint, id="jobs.W009")]


@register()
def check_cache(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """A CACHE_URL that cannot be used; it is not repeated, since it may hold a password."""
    if not settings.CACHE_PROBLEM:
        return []
    text = f"CACHE_URL cannot be used: {settings.CACHE_PROBLEM}. Each process keeps its cache in its own memory."
    hint = "Write it like redis://user:password@cache.example.com:6379/0, or leave it empty."
    return [Warning(text, hint=hint, id="jobs.W011")]


@register()
def check_executor(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[CheckMessage]:
    if settings.JOBS_EXECUTOR in EXECUTORS:
        return []
    return [
        Warning(
            f"JOBS_EXECUTOR is {settings.JOBS_EXECUTOR!r}; no job is run.",
            hint=f"Set it to one of {', '.join(EXECUTORS)}.",
            id="jobs.W008",
        )
    ]


@register()
def check_lock_backend(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """A DJANGO_CRON_LOCK_BACKEND that cannot be used: each run would fail with the same words."""
    from backoffice.jobs.locks import lock_backend  # needs models

    try:
        lock_backend()
    except ImproperlyConfigured as error:
        hint = "Correct its path; until then every job fails, except those that allow parallel runs."
        return [Warning(f"{error}.", hint=hint, id="jobs.W010")]
    return []
