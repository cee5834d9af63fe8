"""What people do to jobs. Browser, command line and workers call these: permission, change and audit inside."""

from backoffice.jobs.control.locks import LockIsHeld, clear_lock, has_stock_lock, holder_words, leases_held
from backoffice.jobs.control.rights import CLEAR_LOCK, EXPORT_LOG, FORCE_CLEAR_LOCK, RESCHEDULE_JOB, RUN_JOB
from backoffice.jobs.control.running import AlreadyQueued, run_now
from backoffice.jobs.control.timetables import ChangedMeanwhile, in_words, insist_on_latest, put_back, reschedule

__all__ = [
    "CLEAR_LOCK",
    "EXPORT_LOG",
    "FORCE_CLEAR_LOCK",
    "RESCHEDULE_JOB",
    "RUN_JOB",
    "AlreadyQueued",
    "ChangedMeanwhile",
    "LockIsHeld",
    "clear_lock",
    "has_stock_lock",
    "holder_words",
    "in_words",
    "insist_on_latest",
    "leases_held",
    "put_back",
    "reschedule",
    "run_now",
]
