"""The environment of processes that tests start."""

from __future__ import annotations

import os
from pathlib import Path

from tests.settings import OURS


def fresh_environment(data: Path) -> dict[str, str]:
    """That of a fresh checkout whose data folder is ``data``: SQLite, mail into files."""
    foreign = {"DATA_DIR", "TEST_ROOT", "TEST_DATABASE_URL", *OURS}
    kept = {name: value for name, value in os.environ.items() if name not in foreign and not name.startswith("PYTEST_")}
    # Empty, not absent: the developer's .env must not fill them in.
    emptied = dict.fromkeys(("DATABASE_URL", "CACHE_URL", "EMAIL_URL"), "")
    return kept | emptied | {"DATA_DIR": str(data), "DJANGO_SETTINGS_MODULE": "backoffice.settings"}
