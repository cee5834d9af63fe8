"""What a run prints and logs, on its way from its process to the database: bytes in, text out, up to a limit."""

from __future__ import annotations

import codecs
import threading
from collections import deque

from django.conf import settings
from django.utils.translation import gettext as _

from backoffice.jobs.storable import storable

# Bytes of what was printed last that are kept in any case: for the log of a run that ends without a word, and
# after the gap of a run that printed too much.
TAIL_BYTES = 16_384


class Transcript:
    """One thread adds what it reads, another takes what it writes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
        self._fresh: list[bytes] = []
        self._room = int(settings.JOBS_OUTPUT_LIMIT)
        self._left_out = 0
        self._tail: deque[bytes] = deque()
        self._tail_size = 0

    def add(self, chunk: bytes) -> None:
        with self._lock:
            kept = chunk[: self._room]
            self._room -= len(kept)
            self._fresh.append(kept)
            if not self._left_out and len(kept) < len(chunk):
                self._fresh.append(_too_much().encode())
            self._left_out += len(chunk) - len(kept)
            self._add_to_tail(chunk)

    def take(self) -> str:
        """What has come since the last time."""
        with self._lock:
            fresh, self._fresh = b"".join(self._fresh), []
        return storable(self._decoder.decode(fresh))

    def take_rest(self) -> str:
        """The same when nothing more comes: with the end of what was too much."""
        with self._lock:
            left_out, tail = self._left_out, b"".join(self._tail)[-TAIL_BYTES:]
            self._left_out = 0  # told once
        text = self.take() + storable(self._decoder.decode(b"", final=True))
        if not left_out:
            return text
        if left_out > len(tail):
            text += _("[… %(count)d bytes left out …]") % {"count": left_out - len(tail)} + "\n"
        return text + storable(tail[-left_out:])

    def last_words(self) -> str:
        with self._lock:
            return b"".join(self._tail).decode("utf-8", "backslashreplace")

    def _add_to_tail(self, chunk: bytes) -> None:
        self._tail.append(chunk[-TAIL_BYTES:])
        self._tail_size += len(self._tail[-1])
        while self._tail_size - len(self._tail[0]) >= TAIL_BYTES:
            self._tail_size -= len(self._tail.popleft())


def _too_much() -> str:
    text = _("[It has printed %(limit)d bytes: of what comes now, only the end is kept, and shown when it has ended.]")
    return "\n" + text % {"limit": settings.JOBS_OUTPUT_LIMIT} + "\n"


def split_at_mark(held: bytes, chunk: bytes, mark: bytes) -> tuple[bytes, bytes, bool]:
    """What comes before ``mark``, what is held back for the next chunk, and whether the mark was found.

    ``mark`` begins with its only NUL but for its last byte. What may be its beginning is held back.
    """
    before, found, after = (held + chunk).partition(mark)
    if found:
        return before, after, True
    start = before.rfind(b"\0", max(0, len(before) - len(mark) + 1))
    if start >= 0 and mark.startswith(before[start:]):
        return before[:start], before[start:], False
    return before, b"", False
