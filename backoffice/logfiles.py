"""Django's log in DATA_DIR/logs, one file a day, written by any number of processes."""

from __future__ import annotations

import contextlib
import logging
import sys
from datetime import date
from http import HTTPStatus
from io import TextIOWrapper
from pathlib import Path
from typing import Any


def logging_config(folder: Path, level: int) -> dict[str, Any]:
    """Django's LOGGING: what we and Django say goes to the console and to files in ``folder``, from ``level`` on."""
    both = ["console", "file"]
    ours = ("django", "django_cron", "backoffice", "reporter")
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"plain": {"format": "{asctime} {levelname} {name} [{process}] {message}", "style": "{"}},
        "filters": {"refusals": {"()": "backoffice.logfiles.ShortRefusals"}},
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": "plain"},
            "file": {"class": "backoffice.logfiles.DailyFileHandler", "folder": folder, "formatter": "plain"},
        },
        "root": {"handlers": both, "level": "WARNING"},
        "loggers": {name: {"handlers": both, "level": level, "propagate": False} for name in ours}
        | {"django.request": {"filters": ["refusals"]}},
    }


class ShortRefusals(logging.Filter):
    """That somebody may not open a page is no fault of the program: a line, and no traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "status_code", None) == HTTPStatus.FORBIDDEN:
            record.exc_info = None
        return True


class DailyFileHandler(logging.FileHandler):
    """Appends to ``folder/YYYY-MM-DD.log``.

    A file a day instead of renaming: a rename by one process would take the file from under the others (and
    is refused on Windows). A disk that is full or gone costs the line, never the tick: said once on stderr.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.day = date.today()
        self._complained = False
        super().__init__(self._path(), encoding="utf-8", delay=True, errors="backslashreplace")

    def _path(self) -> Path:
        return self.folder / f"{self.day.isoformat()}.log"

    def emit(self, record: logging.LogRecord) -> None:
        today = date.today()
        if today != self.day:
            with contextlib.suppress(OSError):  # what a full disk did not take
                self.close()
            self.day = today
            self.baseFilename = str(self._path().resolve())
        try:
            super().emit(record)
        except OSError:  # opening failed; what fails while writing comes to handleError by itself
            self.handleError(record)

    def _open(self) -> TextIOWrapper:
        self.folder.mkdir(parents=True, exist_ok=True)
        return super()._open()

    def handleError(self, record: logging.LogRecord) -> None:
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handleError(record)  # a mistake in the call that logs
        elif not self._complained and sys.stderr is not None:
            self._complained = True
            with contextlib.suppress(OSError, ValueError):  # stderr is on the same disk, or closed
                sys.stderr.write(f"The log file {self.baseFilename} cannot be written: {error}\n")
