"""A sending to 2,000 people whose sender is killed thirty times, at random points: none lost, none twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from reporter.delivery import CLAIM
from tests import migrated
from tests.conftest import ROOT, ManagePy
from tests.reporter.conftest import EIGHT

PEOPLE, KILLS, PATIENCE = 2_000, 30, 60

# So many mails come after the last kill: on a busy machine the sender must not be done before it is killed.
REST = 500

# After so long the claims of a killed sender have run out.
NEXT_TICK = CLAIM + timedelta(minutes=1)

STATES = """
from reporter.models import Delivery
for row in Delivery.objects.values_list("message_id", "state"): print(*row)
"""

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks, to start thirty senders in no time")


class Sending:
    """The mail server and the senders, each in processes of their own."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.environment, self.log = environment, log
        log.touch()
        self.server = self._start("smtp_process", str(log))
        environment["EMAIL_URL"] = f"smtp://127.0.0.1:{self._line(self.server)}"
        self.nursery = self._start("publisher", "nursery")
        self._reader = log.open(encoding="ascii")
        self.taken = 0

    def _start(self, module: str, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-W", "error", "-m", f"tests.reporter.{module}", *arguments]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, cwd=ROOT, env=self.environment, stdin=pipe, stdout=pipe, text=True)

    def _line(self, process: subprocess.Popen[str]) -> str:
        assert process.stdout
        line = process.stdout.readline().strip()
        assert line, "it died"
        return line

    def begin(self, tick: int) -> int:
        """Start a sender; its process id."""
        assert self.nursery.stdin
        self.nursery.stdin.write(f"{(EIGHT + NEXT_TICK * tick).isoformat()}\n")
        self.nursery.stdin.flush()
        return int(self._line(self.nursery))

    def ended(self) -> int:
        return os.waitstatus_to_exitcode(int(self._line(self.nursery)))

    def wait_until_taken(self, count: int) -> None:
        deadline = time.monotonic() + PATIENCE
        while self.taken < count:
            assert time.monotonic() < deadline
            self.taken += self._reader.read().count("\n")
            time.sleep(0.0005)

    def stop(self) -> None:
        self._reader.close()
        for process in (self.nursery, self.server):
            process.communicate(timeout=PATIENCE)


@pytest.fixture
def sending(request: pytest.FixtureRequest, clean_environment: dict[str, str], tmp_path: Path) -> Iterator[Sending]:
    environment = dict(clean_environment)
    if os.environ.get("TEST_DATABASE_URL"):
        environment["DATABASE_URL"] = request.getfixturevalue("migrated_postgres_url")
    else:
        migrated.copy_sqlite_to(Path(environment["DATA_DIR"], "db.sqlite3"))
    prepare = ["-m", "tests.reporter.publisher", "prepare", "1", str(PEOPLE), EIGHT.isoformat()]
    subprocess.run([sys.executable, *prepare], cwd=ROOT, env=environment, check=True)
    sending = Sending(environment, tmp_path / "taken.log")
    try:
        yield sending
    finally:
        sending.stop()


def test_thirty_kills_lose_nobody_and_send_nothing_twice(sending: Sending, manage: ManagePy) -> None:
    seed = int(os.environ.get("TEST_SEED", 0)) or random.randrange(1, 10**6)
    print(f"TEST_SEED={seed}")
    lot = random.Random(seed)
    for tick, point in enumerate(sorted(lot.sample(range(1, PEOPLE - REST), KILLS))):
        pid = sending.begin(tick)
        sending.wait_until_taken(point)
        time.sleep(lot.random() * 0.006)  # a mail takes about so long: anywhere within it
        os.kill(pid, signal.SIGKILL)
        assert sending.ended() == -signal.SIGKILL
    for tick in (KILLS, KILLS + 1):
        sending.begin(tick)
        assert sending.ended() == 0

    taken = Counter(sending.log.read_text().split())
    said = manage("shell", "-v0", "-c", STATES, DATABASE_URL=sending.environment["DATABASE_URL"]).stdout
    states = dict(line.split() for line in said.splitlines())
    assert len(states) == PEOPLE
    assert set(taken.values()) == {1}, "somebody got it twice"
    unknown = {message for message, state in states.items() if state == "unknown"}
    assert {state for message, state in states.items() if message not in unknown} == {"sent"}
    assert {message for message in states if message not in taken} <= unknown, "somebody was lost"
    assert len(unknown) <= KILLS
