"""Settings as people write them: what cannot be read is collected, and said in words all at once."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvError

Value = TypeVar("Value")
Number = TypeVar("Number", int, float)

# What databases, and sums of moments and durations, can take.
LARGEST = 2**31 - 1
LONGEST_SECONDS = 10 * 365 * 86400


class Environment(Env):
    """The environment. Where a value cannot be read, the default stands in until ``insist`` says what is wrong."""

    def __init__(self) -> None:
        super().__init__()
        self._problems: list[str] = []

    def flag(self, name: str, default: bool) -> bool:
        return self._read(self.bool, name, default, "true or false")

    def level(self, name: str, default: int) -> int:
        return self._read(self.log_level, name, default, "DEBUG, INFO, WARNING, ERROR or CRITICAL")

    def whole(self, name: str, default: int, at_least: int = 0, at_most: int = LARGEST) -> int:
        wanted = "a whole number"
        return self._within(name, self._read(self.int, name, default, wanted), default, wanted, (at_least, at_most))

    def seconds(self, name: str, default: float, at_least: int) -> float:
        wanted = "a number of seconds"
        value = self._read(self.float, name, default, wanted)
        return self._within(name, value, default, wanted, (at_least, LONGEST_SECONDS))

    def beginning_with(self, prefix: str) -> dict[str, str]:
        """All that is set under names with this beginning; the environment wins over the file."""
        return {name: value for name, value in (self._environ | os.environ).items() if name.startswith(prefix)}

    def refuse(self, problem: str) -> None:
        """Note what is wrong: a sentence that begins with the name of the setting."""
        self._problems.append(problem)

    def insist(self) -> None:
        """Raise ImproperlyConfigured, a line for each problem, if there is any."""
        if self._problems:
            raise ImproperlyConfigured("\n".join(self._problems))

    def _read(self, method: Callable[..., Value], name: str, default: Value, wanted: str) -> Value:
        try:
            return method(name, default=default)
        except EnvError:
            self.refuse(f"{name} must be {wanted}, not {self.str(name)!r}.")
            return default

    def _within(self, name: str, value: Number, default: Number, wanted: str, bounds: tuple[int, int]) -> Number:
        least, most = bounds
        if least <= value <= most:
            return value
        self.refuse(f"{name} must be {wanted} from {least} to {most}, not {value}.")
        return default
