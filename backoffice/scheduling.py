"""The scheduler beside the web server: ``python -m backoffice.scheduling``, started by serving.py.

It is ``cronloop``, told to stop by the end of the pipe on its stdin: the same on every system, and also when the
web server was killed and can tell nobody any more.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

from django.core.management import execute_from_command_line

from backoffice.console import forgive_unprintable_text

# Seconds between ticks.
SLEEP = 15


def main() -> None:
    forgive_unprintable_text()
    threading.Thread(target=_stop_with_parent, daemon=True).start()
    execute_from_command_line([sys.argv[0], "cronloop", "--sleep", str(SLEEP)])


def _stop_with_parent() -> None:
    # Not sys.stdin: a thread that waits in it would make Python abort at its end.
    while os.read(0, 1024):
        pass
    signal.raise_signal(signal.SIGTERM)


if __name__ == "__main__":
    main()
