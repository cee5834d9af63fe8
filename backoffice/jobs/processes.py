"""How we start other Pythons of our own: with the same modules, and out of reach of the Ctrl-C that is meant for us."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any


def environment() -> dict[str, str]:
    """Ours, with the folders that this process finds its modules in."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def apart() -> dict[str, Any]:
    """For ``Popen``: in a group of processes of its own."""
    if os.name == "nt":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}  # type: ignore[attr-defined]
    return {"start_new_session": True}
