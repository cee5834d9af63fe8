"""The lease as a DJANGO_CRON_LOCK_BACKEND, and the backends of others beside it.

Our commands hold the lease in any case. Another configured backend is taken in addition, so that hosts that
still run stock django-cron see the job as locked.
"""

from __future__ import annotations

import logging
import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string
from django_cron.backends.lock.base import DjangoCronJobLock

from backoffice.jobs.clock import lease_clock
from backoffice.jobs.heartbeat import Heartbeat
from backoffice.jobs.models import Job, Lease

logger = logging.getLogger(__name__)


class LockTaken(Exception):
    """The configured lock backend says that the job runs elsewhere."""


class LeaseLock(DjangoCronJobLock):
    """What stock ``CronJobManager`` takes when the setting names it: the same lease, with a heartbeat."""

    _token: uuid.UUID
    _heartbeat: Heartbeat

    def lock(self) -> bool:
        self._token = uuid.uuid4()
        # A run that it stood for shows as interrupted from then on, and our next tick records that.
        Lease.objects.filter(key=self.job_code).expired(lease_clock()).free_all()
        job = Job.objects.filter(code=self.job_code).first()
        if not Lease.objects.take(
            self.job_code, job=job, run=None, token=self._token, host=socket.gethostname(), pid=os.getpid()
        ):
            return False
        self._heartbeat = Heartbeat(self._token).__enter__()
        return True

    def release(self) -> None:
        self._heartbeat.__exit__(None, None, None)
        Lease.objects.free(self._token)


@contextmanager
def configured_lock(cls: type[Any]) -> Iterator[None]:
    """Hold the backend of DJANGO_CRON_LOCK_BACKEND around a job, unless it is the lease that we hold already.

    Raises LockTaken. A backend that cannot be released is logged; the job has run all the same.
    """
    backend = lock_backend()
    if issubclass(backend, LeaseLock) or getattr(cls, "ALLOW_PARALLEL_RUNS", False):
        yield
        return
    lock = backend(cls, True)
    if not lock.lock():
        raise LockTaken(_as_line(lock.lock_failed_message()))
    try:
        yield
    finally:
        try:
            lock.release()
        except Exception:
            logger.exception("%s: the lock %s could not be released", cls.__name__, backend.__name__)


def lock_backend() -> type[DjangoCronJobLock]:
    path = settings.DJANGO_CRON_LOCK_BACKEND
    try:
        backend: type[DjangoCronJobLock] = import_string(path)
        is_lock = issubclass(backend, DjangoCronJobLock)
    except (ImportError, TypeError) as error:
        raise ImproperlyConfigured(f"DJANGO_CRON_LOCK_BACKEND {path!r} cannot be used: {error}") from error
    if not is_lock:
        raise ImproperlyConfigured(f"DJANGO_CRON_LOCK_BACKEND {path!r} is not a subclass of DjangoCronJobLock")
    return backend


def _as_line(message: str | list[str]) -> str:
    return message if isinstance(message, str) else " ".join(message)
