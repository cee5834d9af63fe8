"""The released django-cron's own tests import a module ``test_crons`` that the release lacks: ours stands here."""

from __future__ import annotations

import sys
from pathlib import Path

# It holds jobs, not tests.
collect_ignore = ["test_crons.py"]

sys.path.append(str(Path(__file__).parent))
