"""Two processes that publish at once, and one that is killed while it sends."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reporter.delivery import CLAIM
from tests import migrated
from tests.conftest import ROOT
from tests.reporter.conftest import EIGHT
from tests.reporter.smtp import Behaviour, TestServer

# Seconds that anything here may take.
PATIENCE = 60

Publisher = Callable[[datetime], "subprocess.Popen[str]"]


class Installation:
    """A private database, and processes that work on it and send to a mail server of the test."""

    def __init__(self, environment: dict[str, str], behaviour: Behaviour) -> None:
        self.environment = environment
        self.mails = behaviour

    def prepare(self, *, reports: int, recipients: int) -> None:
        self._start("prepare", str(reports), str(recipients), EIGHT.isoformat()).communicate(timeout=PATIENCE)

    def publisher(self, now: datetime) -> subprocess.Popen[str]:
        """A process that is ready to publish, and begins at a line of input."""
        process = self._start("publish", now.isoformat())
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        return process

    def publish(self, now: datetime) -> str:
        said, _errors = self.publisher(now).communicate("go\n", timeout=PATIENCE)
        return said

    def _start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "tests.reporter.publisher", *arguments],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def received(self) -> Counter[str]:
        return Counter(str(mail["Message-ID"]) for mail in self.mails.mails())


@pytest.fixture(params=["sqlite", "postgres"])
def installation(request: pytest.FixtureRequest, clean_environment: dict[str, str]) -> Iterator[Installation]:
    environment = dict(clean_environment)
    if request.param == "postgres":
        environment["DATABASE_URL"] = request.getfixturevalue("migrated_postgres_url")
    else:
        migrated.copy_sqlite_to(Path(environment["DATA_DIR"], "db.sqlite3"))
    server = TestServer()
    server.start()
    environment["EMAIL_URL"] = f"smtp://127.0.0.1:{server.port}"
    try:
        yield Installation(environment, server.behaviour)
    finally:
        server.stop()


def test_two_processes_that_publish_at_once_send_each_delivery_once(installation: Installation) -> None:
    installation.prepare(reports=3, recipients=12)
    processes = [installation.publisher(EIGHT) for _n in range(2)]
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate(timeout=PATIENCE)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    installation.publish(EIGHT + timedelta(minutes=5))  # what one of them left to the other
    received = installation.received()
    assert len(received) == 36
    assert set(received.values()) == {1}


def test_a_sender_killed_while_it_sends_leaves_one_unknown_and_the_others_go_out(installation: Installation) -> None:
    installation.prepare(reports=1, recipients=5)
    installation.mails.silent_after_data = {"person2@example.com"}
    process = installation.publisher(EIGHT)
    assert process.stdin
    process.stdin.write("go\n")
    process.stdin.flush()
    _wait_until(lambda: "person2@example.com" in installation.mails.addresses())
    process.kill()
    process.communicate(timeout=PATIENCE)

    installation.mails.silent_after_data = set()
    assert installation.publish(EIGHT + timedelta(seconds=1)) == "Nothing was due.\n"  # its claims still stand
    said = installation.publish(EIGHT + CLAIM + timedelta(minutes=1))
    assert said.startswith("sent 1 report to 2 people; 1 delivery is unknown")
    assert "person2@example.com" in said
    assert installation.publish(EIGHT + timedelta(hours=9)) == "Nothing was due.\n"
    assert Counter(installation.mails.addresses()) == {f"person{n}@example.com": 1 for n in range(5)}


def _wait_until(is_so: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)
