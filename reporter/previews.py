"""Previews that somebody looks at just now: files that are gone in a quarter of an hour, and no rows at all.

Not in the cache that is configured: in one of each process, the page's frame and files would not be found again.
"""

from __future__ import annotations

import time
import uuid
from pathlib import Path

from django.conf import settings
from django.core.cache.backends.filebased import FileBasedCache

from reporter.control.testing import Preview

# Seconds.
KEPT = 15 * 60


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "previews"


def _cache() -> FileBasedCache:
    return FileBasedCache(str(_folder()), {"TIMEOUT": KEPT})


def keep(preview: Preview, report: int, user: int) -> str:
    """Keep it for ``user`` alone; the token that it is found by."""
    _sweep()
    token = uuid.uuid4().hex
    _cache().set(_key(token, report, user), preview)
    return token


def find(token: str, report: int, user: int) -> Preview | None:
    found: Preview | None = _cache().get(_key(token, report, user))
    return found


def _key(token: str, report: int, user: int) -> str:
    return f"{token}-{report}-{user}"


def _sweep() -> None:
    """The cache itself removes a file that has expired only when it is asked for it."""
    for path in _folder().glob("*.djcache") if _folder().is_dir() else ():
        try:
            if path.stat().st_mtime < time.time() - KEPT:
                path.unlink()
        except OSError:
            continue  # another process was quicker
