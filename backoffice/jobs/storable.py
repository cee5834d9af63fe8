"""Text that every database can hold: a job that ran always has a log, whatever it said."""

from __future__ import annotations

from typing import Any

from backoffice.jobs.told import Told

# Characters of a message that are kept: beginning and end, with a note of what was left out between them.
MAX_MESSAGE = 25_000_000

# Characters for the note of how much was left out.
ROOM_FOR_NOTE = 50


def storable(value: Any, limit: int = MAX_MESSAGE) -> str:
    """``value`` as text without NUL and lone surrogates, at most ``limit`` characters. Never raises.

    What is storable already comes back as it is: a second call does not change what the first one cut.
    """
    text = _as_text(value)
    if "\0" in text:
        text = text.replace("\0", "\\x00")
    if not text.isascii():
        text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    if len(text) > limit:
        half = max(0, limit - ROOM_FOR_NOTE) // 2
        text = f"{text[:half]}\n[… {len(text) - 2 * half} characters left out …]\n{text[-half:]}"
    return value if isinstance(value, Told) and value == text else text


def _as_text(value: Any) -> str:
    """None as nothing, a list line by line, bytes as UTF-8, anything else by its str()."""
    if value is None:
        return ""
    try:
        if isinstance(value, bytes):
            return value.decode("utf-8", "backslashreplace")
        if isinstance(value, list | tuple):
            # What is nested deeper is not taken apart: it might hold itself.
            return "\n".join(str(item) if isinstance(item, list | tuple) else _as_text(item) for item in value)
        return str.__str__(value if isinstance(value, str) else str(value))
    except BaseException as error:  # the __str__ of a job's own class may raise anything
        return f"[{type(value).__name__} that cannot be shown: {type(error).__name__}]"


def first_line(text: str, limit: int = 255) -> str:
    """The first line that says something, cut to ``limit`` characters."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    if len(line) > limit:
        return f"{line[: limit - 1]}…"
    return text if line == text else line  # one of ours stays one


def last_line(text: str) -> str:
    """The last line that says something."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")
