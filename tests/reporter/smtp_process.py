"""The mail server in a process of its own: ``python -m tests.reporter.smtp_process LOG``.

Says its port, and writes the Message-ID of each mail that it takes into a line of LOG, until its input ends.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tests.reporter.smtp import TestServer


class Log(list[tuple[str, bytes]]):
    def __init__(self, path: Path) -> None:
        self.file = path.open("a", encoding="ascii", buffering=1)

    def append(self, mail: tuple[str, bytes]) -> None:
        found = re.search(rb"^Message-ID: (\S+)", mail[1], re.MULTILINE)
        assert found
        self.file.write(found[1].decode() + "\n")


if __name__ == "__main__":
    server = TestServer()
    server.behaviour.received = Log(Path(sys.argv[1]))
    server.start()
    print(server.port, flush=True)
    sys.stdin.read()
    server.stop()
