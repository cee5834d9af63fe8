"""What the console can take: no tick may stop over a check mark, or for want of a console."""

import contextlib
import io
import os
import sys


def forgive_unprintable_text() -> None:
    """Make stdout and stderr write what they cannot encode as ``\\uXXXX`` instead of raising.

    Where there are none (``>&-``, pythonw under Windows' Task Scheduler) what is written goes nowhere.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115  for as long as we live
        elif isinstance(stream, io.TextIOWrapper):
            with contextlib.suppress(ValueError, OSError):  # already detached or closed
                stream.reconfigure(errors="backslashreplace")
