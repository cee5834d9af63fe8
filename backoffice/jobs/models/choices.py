"""The words in which jobs and runs are described, and which change of a run's state is legal."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class RunStatus(models.TextChoices):
    QUEUED = "queued", _("queued")
    RUNNING = "running", _("running")
    SUCCEEDED = "succeeded", _("succeeded")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")
    INTERRUPTED = "interrupted", _("interrupted")
    SKIPPED = "skipped", _("skipped")
    MISSED = "missed", _("missed")


class RunTrigger(models.TextChoices):
    """Why a run was started."""

    SLOT = "slot", _("timetable")
    PERSON = "person", _("a person")
    COMMAND = "command", _("command line")
    RETRY = "retry", _("retry after a failure")


class MissedPolicy(models.TextChoices):
    """What becomes of slots that came due while nothing ticked."""

    RUN_ONCE = "run_once", _("run once, late")
    RECORD = "record", _("only record them as missed")


class OverlapPolicy(models.TextChoices):
    """What becomes of a run whose job is still running, where its runs may not stand beside each other.

    One that a person has asked for always waits.
    """

    SKIP = "skip", _("skip it")
    WAIT = "wait", _("wait for its turn")


Q, R = RunStatus.QUEUED, RunStatus.RUNNING

# From → to. What is not here is a bug of ours, and raises.
ALLOWED_CHANGES: dict[RunStatus, frozenset[RunStatus]] = {
    Q: frozenset({R, RunStatus.SKIPPED, RunStatus.CANCELLED, RunStatus.FAILED}),
    R: frozenset(
        {RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.CANCELLED, RunStatus.INTERRUPTED, RunStatus.SKIPPED}
    ),
}

UNFINISHED = (Q, R)

# States that leave a row in the log: the job itself began. Of these only SUCCEEDED is a success.
LOGGED = (RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.CANCELLED, RunStatus.INTERRUPTED)

# States that somebody should look at.
TROUBLE = (RunStatus.FAILED, RunStatus.INTERRUPTED)

del Q, R
