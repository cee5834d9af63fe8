"""Runs one job and tells how it ended, whatever the job does: the one place where ``do()`` is called."""

from __future__ import annotations

import contextlib
import logging
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from inspect import iscoroutinefunction, isgeneratorfunction
from typing import Any

from django.db import connections
from django_cron import CronJobBase
from django_cron.models import CronJobLog

from backoffice.jobs import registry
from backoffice.jobs.base import lacks_progress
from backoffice.jobs.lifecycle import Outcome
from backoffice.jobs.locks import LockTaken, configured_lock
from backoffice.jobs.models import RunStatus
from backoffice.jobs.storable import storable
from backoffice.jobs.told import Told, joined
from backoffice.jobs.told import gettext as _

logger = logging.getLogger("django_cron")


def _tell_nobody(done: Any = None, total: Any = None, what: Any = "") -> None:
    return


@dataclass(frozen=True)
class Circumstances:
    """What a job is given for its run."""

    is_dry_run: bool = False
    progress: Callable[..., None] = _tell_nobody
    around_job: Callable[[], AbstractContextManager[None]] = nullcontext


def perform(path: str, circumstances: Circumstances | None = None) -> Outcome:
    """Run the job whose class is at ``path``. Never raises: exits and interrupts are outcomes, too."""
    entry = registry.load(path)
    if entry.cls is None or entry.problem:
        return Outcome(RunStatus.FAILED, entry.problem.text if entry.problem else "")
    _drop_dead_connections()
    try:
        with configured_lock(entry.cls):
            return _do(entry.cls, circumstances or Circumstances())
    except LockTaken as taken:
        return Outcome(RunStatus.SKIPPED, str(taken))
    except BaseException as error:
        return failure(error)


def _drop_dead_connections() -> None:
    """What broke since the last run is connected anew; a transaction that this is called in goes on."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()


def _do(cls: type[CronJobBase], circumstances: Circumstances) -> Outcome:
    logger.debug("Running cron: %s code %s", cls.__name__, cls.code)
    if circumstances.is_dry_run and not getattr(cls, "SUPPORTS_DRY_RUN", False):
        # It would do everything for real: the code is another than when this was asked for.
        return Outcome(RunStatus.FAILED, _("Its code does not support a dry run: nothing was done."))
    job = cls()
    if isgeneratorfunction(job.do) or iscoroutinefunction(job.do):
        # Calling it would do nothing at all, and look like a success.
        return Outcome(RunStatus.FAILED, _("do() is a generator or async: make it a plain method, or nothing is done."))
    job.set_prev_success_cron(_previous_success(cls.code))
    _equip(job, circumstances)
    try:
        with circumstances.around_job():
            result: Any = job.do()
    except BaseException as error:  # a job that exits, or is interrupted, has failed; nobody else has
        return failure(error)
    text = storable(result)
    return Outcome(RunStatus.SUCCEEDED, text, text if isinstance(text, Told) else "")


def _equip(job: CronJobBase, circumstances: Circumstances) -> None:
    """Give it ``progress`` and ``is_dry_run``, unless it means something else by these names."""
    with contextlib.suppress(AttributeError):  # of a class that takes none
        if lacks_progress(type(job)):
            job.progress = circumstances.progress
        if getattr(type(job), "SUPPORTS_DRY_RUN", False):
            job.is_dry_run = circumstances.is_dry_run


def _previous_success(code: str) -> CronJobLog | None:
    """What ``get_prev_success_cron()`` answers inside a job."""
    successes = CronJobLog.objects.filter(code=code, is_success=True).exclude(run__is_dry_run=True)
    return successes.order_by("-start_time").first()


def failure(error: BaseException) -> Outcome:
    """A failed run: the traceback for those who repair it, and one line for a list."""
    trace = "".join(traceback.format_exception(error))
    if isinstance(error, SystemExit):
        summary = _("The job called sys.exit(%(code)s).") % {"code": storable(error.code)}
        return Outcome(RunStatus.FAILED, f"{summary}\n{trace}", summary)
    return Outcome(RunStatus.FAILED, trace, _one_line(error), is_ctrl_c=isinstance(error, KeyboardInterrupt))


def _one_line(error: BaseException) -> str:
    lines = storable("".join(traceback.format_exception_only(error))).strip().splitlines()
    line = lines[0] if lines else type(error).__name__
    kind, _colon, said = line.partition(": ")
    ours = [text for text in error.args if isinstance(text, Told) and text == said]
    return joined(": ", [kind, *ours]) if ours else line
