"""Processes with Django set up, that do one thing each."""

from __future__ import annotations

import os
import subprocess
import sys


def run(code: str, **environment: str) -> str:
    """What it prints; ``environment`` goes before that of this process."""
    command = [sys.executable, "-c", f"import django; django.setup()\n{code}"]
    return subprocess.run(
        command, env=os.environ | environment, check=True, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ).stdout
