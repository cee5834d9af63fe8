"""Runs the measurements in a database of their own and prints a table for each."""

from __future__ import annotations

import os
import sys
import tempfile


def main() -> None:
    rows = [int(text) for text in sys.argv[1:]] or [1_000, 1_000_000]
    with tempfile.TemporaryDirectory(prefix="backoffice-bench-") as folder:
        os.environ["DATA_DIR"] = folder
        os.environ["DATABASE_URL"] = ""
        os.environ["CRON_CLASSES"] = ",".join(f"benchmarks.jobs.Job{n}" for n in range(10))
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
        from benchmarks import sending, tick

        tick.measure(rows)
        sending.measure()


if __name__ == "__main__":
    main()
