"""What people do to jobs. Browser and command line call these: permission, change and audit inside."""

from backoffice.jobs.control.locks import (
    LockIsHeld,
    clear_lock,
    holder_words,
    leases_held,
    lives_until_words,
    stock_locked,
)
from backoffice.jobs.control.pauses import pause, resume
from backoffice.jobs.control.rights import (
    CANCEL_RUN,
    CHANGE_JOB,
    CLEAR_LOCK,
    EXPORT_LOG,
    FORCE_CLEAR_LOCK,
    PAUSE_JOB,
    RESCHEDULE_JOB,
    RUN_JOB,
)
from backoffice.jobs.control.running import AlreadyQueued, CannotBeCancelled, NoDryRun, cancel, run_again, run_now
from backoffice.jobs.control.settings import SETTINGS, change_settings, check_settings
from backoffice.jobs.control.timetables import ChangedMeanwhile, in_words, insist_on_latest, put_back, reschedule
from backoffice.jobs.pauses import pause_words

__all__ = [
    "CANCEL_RUN",
    "CHANGE_JOB",
    "CLEAR_LOCK",
    "EXPORT_LOG",
    "FORCE_CLEAR_LOCK",
    "PAUSE_JOB",
    "RESCHEDULE_JOB",
    "RUN_JOB",
    "SETTINGS",
    "AlreadyQueued",
    "CannotBeCancelled",
    "ChangedMeanwhile",
    "LockIsHeld",
    "NoDryRun",
    "cancel",
    "change_settings",
    "check_settings",
    "clear_lock",
    "holder_words",
    "in_words",
    "insist_on_latest",
    "leases_held",
    "lives_until_words",
    "pause",
    "pause_words",
    "put_back",
    "reschedule",
    "resume",
    "run_again",
    "run_now",
    "stock_locked",
]
