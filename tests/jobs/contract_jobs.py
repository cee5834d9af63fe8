"""Jobs that behave and misbehave, for processes that tests start. Each says in its docstring what it does."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.files import locks
from django.utils import timezone
from django_cron import CronJobBase, Schedule
from django_cron.models import CronJobLock, CronJobLog

from backoffice.jobs.models import Run, RunStatus

MODULE = __name__


class Always(CronJobBase):
    """Due at each tick."""

    code = ""
    schedule = Schedule(run_every_mins=0)


class Succeeds(Always):
    code = "succeeds"

    def do(self) -> str:
        print("what a job prints")
        return "sent 3 mails"


class Raises(Always):
    code = "raises"

    def do(self) -> None:
        raise ValueError("the mail server said no")


class Exits(Always):
    code = "exits"

    def do(self) -> None:
        sys.exit(3)


class ExitsWithZero(Always):
    code = "exits_with_zero"

    def do(self) -> None:
        raise SystemExit(0)


class Interrupts(Always):
    code = "interrupts"

    def do(self) -> None:
        raise KeyboardInterrupt


class IsHeld(Always):
    code = "is_held"

    def do(self) -> str:
        return "ran all the same"


class MayRunBesideItself(Always):
    code = "beside_itself"
    ALLOW_PARALLEL_RUNS = True

    def do(self) -> str:
        return "ran"


class Remembers(Always):
    """Says when it last succeeded."""

    code = "remembers"

    def do(self) -> str:
        before = self.get_prev_success_cron()
        return f"before: {before.message.strip() if before else 'never'}"


class Watches(Always):
    """Says which of stock django-cron's locks are held on it while it runs."""

    code = "watches"

    def do(self) -> str:
        name = f"{type(self).__module__}.{type(self).__name__}"
        row = CronJobLock.objects.filter(job_name=name, locked=True).exists()
        found = {"database": row, "cache": cache.get(name) is not None, "file": self._is_file_locked(name)}
        return " ".join(sorted(which for which, is_held in found.items() if is_held))

    @staticmethod
    def _is_file_locked(name: str) -> bool:
        path = os.path.join(getattr(settings, "DJANGO_CRON_LOCKFILE_PATH", "/tmp"), f"{name}.lock")
        if not os.path.exists(path):
            return False
        with open(path, "rb") as file:
            try:
                is_free = locks.lock(file, locks.LOCK_EX | locks.LOCK_NB)
            except OSError:
                return True
            return not is_free


# --- What do() may return -------------------------------------------------------------------------------


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError("no")


class UnprintableText(str):
    def __str__(self) -> str:
        raise RuntimeError("no")


def _a_generator() -> Iterator[str]:
    yield "one"


MESSAGES: dict[str, Any] = {
    "nothing": None,
    "text": "sent 3 mails",
    "nul": "a\0b",
    "lone_surrogate": "a\ud800b",
    "not_ascii": "发送了 3 封邮件 ✔",
    "bytes": b"\xff\xfe sent",
    "list": ["one", "two"],
    "dict": {"sent": 3},
    "int": 42,
    "unprintable": Unprintable(),
    "unprintable_text": UnprintableText("text"),
    "list_of_unprintable": [Unprintable(), "two"],
    "generator": _a_generator(),
    "huge": "x" * 30_000_000,
}

for _name, _value in MESSAGES.items():

    def _do(self: CronJobBase, value: Any = _value) -> Any:
        return value

    globals()[f"Returns_{_name}"] = type(f"Returns_{_name}", (Always,), {"code": f"returns_{_name}", "do": _do})


class RaisesWithNul(Always):
    code = "raises_with_nul"

    def do(self) -> None:
        raise ValueError("a\0b\ud800c")


class RaisesUnprintable(Always):
    code = "raises_unprintable"

    def do(self) -> None:
        class UnprintableError(Exception):
            def __str__(self) -> str:
                raise RuntimeError("no")

        raise UnprintableError


class DoIsAGenerator(Always):
    code = "do_is_a_generator"

    def do(self) -> Iterator[str]:
        CronJobLog.objects.all().delete()
        yield "done"


class DoIsAsync(Always):
    code = "do_is_async"

    async def do(self) -> str:
        return "done"


class CannotBeMade(Always):
    code = "cannot_be_made"

    def __init__(self) -> None:
        raise ValueError("no such account")

    def do(self) -> None:
        return None


# --- What a run is given and what can be done to it ------------------------------------------------------


class TellsOfItself(Always):
    """How far it is, and what it prints; it is a plain CronJobBase."""

    code = "tells_of_itself"

    def do(self) -> str:
        print("what it prints")
        self.progress(3, 12, "mails")
        return "told"


class HasItsOwnProgress(Always):
    """A job that means something else by the name."""

    code = "its_own_progress"
    progress = "under way"

    def do(self) -> str:
        return self.progress


class CancelsItself(Always):
    """Asks for the end of its own run, as somebody in the browser does, and waits for it."""

    code = "cancels_itself"

    def do(self) -> str:
        from backoffice.jobs import control  # here alone: what a tick imports is tested with these jobs

        run = Run.objects.get(job__code=self.code, status=RunStatus.RUNNING)
        try:
            control.cancel(run, timezone.now(), reason="enough")
        except control.CannotBeCancelled:
            return "cannot be cancelled"
        time.sleep(30)
        return "nobody came"
