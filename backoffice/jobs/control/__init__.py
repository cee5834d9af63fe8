"""What people do to jobs. Browser, command line and workers call these: permission, change and audit inside."""

from backoffice.jobs.control.locks import LockIsHeld, clear_lock, has_stock_lock, holder_words, leases_held
from backoffice.jobs.control.rights import CLEAR_LOCK, EXPORT_LOG, FORCE_CLEAR_LOCK, RUN_JOB
from backoffice.jobs.control.running import AlreadyQueued, run_now

__all__ = [
    "CLEAR_LOCK",
    "EXPORT_LOG",
    "FORCE_CLEAR_LOCK",
    "RUN_JOB",
    "AlreadyQueued",
    "LockIsHeld",
    "clear_lock",
    "has_stock_lock",
    "holder_words",
    "leases_held",
    "run_now",
]
