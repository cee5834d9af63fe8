"""CRON_CLASSES ↔ Job rows: which jobs there are, and what is wrong with those that cannot be run.

One broken entry is never allowed to stop the others: it is told apart, named and explained.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from inspect import isclass
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils.module_loading import import_string
from django_cron import CronJobBase

from backoffice.jobs import positions
from backoffice.jobs.models.job import MAX_CODE_LENGTH, Job
from backoffice.jobs.schedules import LONGEST_MINUTES
from backoffice.jobs.storable import first_line, storable
from backoffice.jobs.timetable import Timetable
from backoffice.jobs.told import gettext as _

# Seconds, as in stock django-cron.
DEFAULT_LOCK_SECONDS = 24 * 60 * 60

# The most that the column holds; some 68 years.
MAX_LOCK_SECONDS = 2**31 - 1


@dataclass(frozen=True)
class Problem:
    """Why a class cannot be run, for whom it concerns; ``id`` is that of the system check that names it."""

    id: str
    text: str


@dataclass(frozen=True)
class Registration:
    """One entry of CRON_CLASSES (or a class named on the command line) and what was found there."""

    path: str
    cls: type[CronJobBase] | None = None
    timetable: Timetable = field(default_factory=Timetable)
    problem: Problem | None = None

    @property
    def code(self) -> str:
        """The job's code; its path where it has none, so that it can still be shown."""
        code = getattr(self.cls, "code", None)
        return code if isinstance(code, str) and code else self.path[:255]

    @property
    def values(self) -> dict[str, Any]:
        """The columns of the Job row that the code decides."""
        if self.problem:
            return {"class_path": self.path[:255], "problem": self.problem.text}
        schedule = getattr(self.cls, "schedule", None)
        return {
            "class_path": self.path[:255],
            "problem": "",
            "timetable_data": _stored(self.timetable),
            "retry_minutes": _retry_minutes(schedule),
            "lock_seconds": _lock_seconds(self.cls),
            "allows_parallel_runs": bool(getattr(self.cls, "ALLOW_PARALLEL_RUNS", False)),
            "supports_dry_run": bool(getattr(self.cls, "SUPPORTS_DRY_RUN", False)),
        }


def _stored(timetable: Timetable) -> dict[str, Any]:
    """As the row holds it. A zone that means nothing is left out: a change of it must not look like one of times."""
    data = timetable.to_data()
    return data if timetable.depends_on_zone else {key: data[key] for key in data if key != "zone"}


def _lock_seconds(cls: type[CronJobBase] | None) -> int:
    default = getattr(settings, "DJANGO_CRON_LOCK_TIME", DEFAULT_LOCK_SECONDS)
    seconds = getattr(cls, "DJANGO_CRON_LOCK_TIME", default)
    if not isinstance(seconds, int | float) or seconds != seconds:  # NaN is not even itself
        return DEFAULT_LOCK_SECONDS
    return int(max(1, min(seconds, MAX_LOCK_SECONDS)))


def _retry_minutes(schedule: Any) -> float | None:
    """None, as in stock, for 0; and for what is no number of minutes, which ``_insist_on_minutes`` refuses."""
    minutes = getattr(schedule, "retry_after_failure_mins", None)
    return minutes if isinstance(minutes, int | float) and 0 < minutes <= LONGEST_MINUTES else None


def _insist_on_minutes(schedule: Any) -> None:
    minutes = schedule.retry_after_failure_mins
    if minutes and _retry_minutes(schedule) is None:
        raise ValueError(f"retry_after_failure_mins must be a number of minutes, not {minutes!r}")


def load(path: str) -> Registration:
    """Import the class at ``path`` and read its timetable. Never raises: what is wrong stands in ``problem``."""
    try:
        cls = import_string(path)
    except KeyboardInterrupt:  # a person's
        raise
    except BaseException as error:  # the module of a job may do anything when it is imported
        text = _("%(path)s cannot be imported: %(error)s. Correct the path or the module.")
        if len(path.split()) > 1:
            text = _("%(path)s cannot be imported: it looks like several names. Separate them with commas.")
        return Registration(path, problem=Problem("jobs.W001", text % {"path": path, "error": _brief(error)}))
    if not (isclass(cls) and issubclass(cls, CronJobBase)):
        text = _("%(path)s is not a subclass of CronJobBase. Derive it from django_cron.CronJobBase.")
        return Registration(path, problem=Problem("jobs.W002", text % {"path": path}))
    return _described(path, cls)


def _described(path: str, cls: type[CronJobBase]) -> Registration:
    code = getattr(cls, "code", None)
    if not isinstance(code, str) or not code:
        text = _("Cron class '%(name)s' does not have a code attribute. Give it one: code = 'app.what_it_does'.")
        return Registration(path, problem=Problem("jobs.W003", text % {"name": cls.__name__}))
    if len(code) > MAX_CODE_LENGTH:
        text = _("The code of %(path)s has %(length)d characters; the log holds %(limit)d. Shorten it.")
        values = {"path": path, "length": len(code), "limit": MAX_CODE_LENGTH}
        return Registration(path, problem=Problem("jobs.W004", text % values))
    if not code.isprintable():
        text = _("The code of %(path)s holds characters that cannot be stored. Use letters, digits, dots and dashes.")
        return Registration(path, problem=Problem("jobs.W004", text % {"path": path}))
    try:
        timetable = Timetable.from_schedule(cls.schedule, settings.TIME_ZONE)
        _insist_on_minutes(cls.schedule)
        bool(getattr(cls, "ALLOW_PARALLEL_RUNS", False)), bool(getattr(cls, "SUPPORTS_DRY_RUN", False))
    except Exception as error:  # no schedule at all, or anything in its place
        text = _("The schedule of %(code)s cannot be read: %(error)s. Correct it in %(path)s.")
        values = {"code": code, "error": _brief(error), "path": path}
        return Registration(path, cls, problem=Problem("jobs.W005", text % values))
    if settings.TIME_ZONE_PROBLEM and timetable.depends_on_zone:
        text = _("%(code)s keeps to local times or days, but %(problem)s.")
        values = {"code": code, "problem": settings.TIME_ZONE_PROBLEM}
        return Registration(path, cls, timetable, Problem("jobs.W009", text % values))
    return Registration(path, cls, timetable)


def _brief(error: BaseException) -> str:
    text = first_line(storable(error))
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def configured() -> Iterator[Registration]:
    """Every entry of CRON_CLASSES, in order. Of two jobs with one code the later one is the problem."""
    seen: dict[str, str] = {}
    for path in getattr(settings, "CRON_CLASSES", []):
        found = load(str(path))
        first = seen.setdefault(found.code, found.path)
        if found.cls and not found.problem and first != found.path:
            found = _taken_code(found, first)
        yield found


def _taken_code(entry: Registration, owner: str) -> Registration:
    text = _("%(path)s has the code %(code)s, which %(owner)s has already. Give each job its own code.")
    values = {"path": entry.path, "code": entry.code, "owner": owner}
    return Registration(entry.path, problem=Problem("jobs.W006", text % values))


def sync(now: datetime) -> list[Registration]:
    """Bring the Job rows in line with CRON_CLASSES; return the entries. One query when nothing has changed."""
    entries = list({entry.path: entry for entry in configured()}.values())
    rows = list(Job.objects.all())
    by_code = {job.code: job for job in rows}
    by_path = {job.class_path: job for job in rows}
    listed = set()
    for entry in entries:
        # A class that does not load any more keeps the row that it had.
        row = by_code.get(entry.code) or (by_path.get(entry.path) if entry.cls is None else None)
        listed.add(bring_in_line(entry, now, row, is_listed=True).pk)
    gone = [job.pk for job in rows if job.is_listed and job.pk not in listed]
    if gone:
        Job.objects.filter(pk__in=gone).update(is_listed=False)
        # The stand-in of an entry that never loaded goes with it.
        Job.objects.filter(pk__in=gone, code=F("class_path"), runs=None).delete()
    return entries


def bring_in_line(entry: Registration, now: datetime, job: Job | None, *, is_listed: bool) -> Job:
    """Make or change the row of one entry where it differs from the code, and keep its timetable moving."""
    values = entry.values | {"is_listed": is_listed}
    if job is None:
        job, _created = Job.objects.get_or_create(
            code=entry.code, defaults=values | positions.beginning(entry.code, entry.timetable, now)
        )
    if entry.problem:
        # The timetable stays where it stood: what comes due meanwhile is made up for, not forgotten.
        values = {"problem": entry.problem.text, "is_listed": is_listed}
    changed = {name: value for name, value in values.items() if getattr(job, name) != value}
    has_own = job.own_timetable is not None  # then the code's is only told
    if "timetable_data" in changed and not has_own and positions.has_due(job, now):
        # What is due by the old timetable is claimed first; the new one takes over with the next look.
        del changed["timetable_data"]
    if "timetable_data" in changed and not has_own:
        changed |= positions.changed_over(entry.timetable, job, now)
    elif positions.clock_went_back(job, now):
        changed |= positions.after_set_back(job, now)
    if changed:
        _write(job, changed)
    return job


def _write(job: Job, changed: dict[str, Any]) -> None:
    """Where a person gave the job a timetable meanwhile, or took it away, the next look decides anew."""
    seen = Job.objects.filter(pk=job.pk, own_timetable__isnull=job.own_timetable is None)
    if not seen.update(**changed):
        job.refresh_from_db()
        return
    for name, value in changed.items():
        setattr(job, name, value)


def named(names: Iterable[str], now: datetime) -> Iterator[tuple[str, Job | None, Problem | None]]:
    """Look up class paths and job codes as people type them; each with its row, or with what is wrong."""
    entries = sync(now)
    by_code = {entry.code: entry for entry in reversed(entries)}
    by_path = {entry.path: entry for entry in entries}
    for name in map(storable, names):  # a console that is not UTF-8 passes halves of characters on
        entry = by_code.get(name) or by_path.get(name) or _unlisted(name)
        owner = by_code.get(entry.code, entry)
        if owner.cls is entry.cls:
            entry = owner  # the same class, by another path
        elif not entry.problem:
            entry = _taken_code(entry, owner.path)
        if entry.problem:
            yield name, None, entry.problem
            continue
        job = Job.objects.filter(code=entry.code).first()
        yield name, bring_in_line(entry, now, job, is_listed=entry.path in by_path), None


def _unlisted(name: str) -> Registration:
    """What a name means that CRON_CLASSES does not know: a job that has run here before, or a class."""
    path = Job.objects.filter(code=name).values_list("class_path", flat=True).first() or name
    if "." not in path:
        return Registration(path, problem=Problem("jobs.W001", no_such_job(name)))
    return load(path)


def no_such_job(name: str) -> str:
    return _("There is no job '%(name)s'. See: manage.py jobs list") % {"name": name}
