"""Settings as people write them: what cannot be read is collected, and said in words all at once."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from django.core.exceptions import ImproperlyConfigured
from dotenv import dotenv_values

Value = TypeVar("Value")
Number = TypeVar("Number", int, float)

# What databases, and sums of moments and durations, can take.
LARGEST = 2**31 - 1
LONGEST_SECONDS = 10 * 365 * 86400

FLAGS = dict.fromkeys(("1", "true", "t", "yes", "y", "on"), True) | dict.fromkeys(
    ("0", "false", "f", "no", "n", "off"), False
)


class Environment:
    """The environment, which wins over the ``.env`` file, if one is named.

    Where a value cannot be read, the default stands in until ``insist`` says what is wrong.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._problems: list[str] = []
        written = self._written(file) if file and file.is_file() else {}
        self._values = {name: value for name, value in written.items() if value is not None} | os.environ

    def text(self, name: str, default: str) -> str:
        return self._values.get(name, default)

    def flag(self, name: str, default: bool) -> bool:
        return self._read(lambda text: FLAGS[text.strip().lower()], name, default, "true or false")

    def level(self, name: str, default: int) -> int:
        return self._read(_level, name, default, "DEBUG, INFO, WARNING, ERROR or CRITICAL")

    def names(self, name: str, default: list[str]) -> list[str]:
        """What stands between commas; nothing between two of them is nothing."""
        entries = self._values[name].split(",") if name in self._values else default
        return [entry.strip() for entry in entries if entry.strip()]

    def whole(self, name: str, default: int, at_least: int = 0, at_most: int = LARGEST) -> int:
        wanted = "a whole number"
        return self._within(name, self._read(int, name, default, wanted), default, wanted, (at_least, at_most))

    def seconds(self, name: str, default: float, at_least: int) -> float:
        wanted = "a number of seconds"
        value = self._read(float, name, default, wanted)
        return self._within(name, value, default, wanted, (at_least, LONGEST_SECONDS))

    def beginning_with(self, prefix: str) -> dict[str, str]:
        """All that is set under names with this beginning."""
        return {name: value for name, value in self._values.items() if name.startswith(prefix)}

    def refuse(self, problem: str) -> None:
        """Note what is wrong: a sentence that begins with the name of the setting."""
        self._problems.append(problem)

    def insist(self) -> None:
        """Raise ImproperlyConfigured, a line for each problem, if there is any."""
        if self._problems:
            raise ImproperlyConfigured("\n".join(self._problems))

    def _written(self, file: Path) -> dict[str, str | None]:
        try:
            return dotenv_values(file, encoding="utf-8-sig")  # Windows likes to put a mark at the beginning
        except (OSError, UnicodeDecodeError) as error:
            self.refuse(f"{file} cannot be read; it must be text in UTF-8: {error}")
            return {}

    def _read(self, read: Callable[[str], Value], name: str, default: Value, wanted: str) -> Value:
        if name not in self._values:
            return default
        try:
            return read(self._values[name])
        except (KeyError, ValueError):
            self.refuse(f"{name} must be {wanted}, not {self._values[name]!r}.")
            return default

    def _within(self, name: str, value: Number, default: Number, wanted: str, bounds: tuple[int, int]) -> Number:
        least, most = bounds
        if least <= value <= most:
            return value
        self.refuse(f"{name} must be {wanted} from {least} to {most}, not {value}.")
        return default


def _level(text: str) -> int:
    """A level's name, however it is written, or its number."""
    return int(text) if text.strip().isdecimal() else logging.getLevelNamesMapping()[text.strip().upper()]
