"""SMTP connections whose server cannot hold them up: an answer has to come in time as a whole, and to end.

Python's own give each byte the whole time-out anew, and keep what they are told, however much it is.
"""

from __future__ import annotations

import smtplib
import socket
import time

# Bytes of one answer, which may have many lines.
MAX_ANSWER = 64 * 1024


class _Answers:
    """What smtplib reads lines from. An answer has the socket's time-out, in seconds, from ``begin`` on."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._rest = b""
        self.begin()

    def begin(self) -> None:
        self._until = time.monotonic() + (self._sock.gettimeout() or 0.0)
        self._left = MAX_ANSWER

    def readline(self, limit: int) -> bytes:
        """A line, or ``limit`` bytes of it; nothing at the end. Raises OSError for what takes too long or is."""
        while b"\n" not in self._rest and len(self._rest) < limit:
            received = self._received()
            if not received:
                break
            self._rest += received
        end = min(self._rest.find(b"\n") + 1 or limit, limit)
        line, self._rest = self._rest[:end], self._rest[end:]
        self._left -= len(line)
        if self._left < 0:
            raise OSError("the answer does not end")
        return line

    def _received(self) -> bytes:
        timeout, rest = self._sock.gettimeout(), self._until - time.monotonic()
        if rest <= 0:
            raise TimeoutError("timed out")
        self._sock.settimeout(rest)
        try:
            return self._sock.recv(4096)
        finally:
            self._sock.settimeout(timeout)

    def close(self) -> None:
        pass  # the connection closes its socket itself


def _begin_answer(smtp: smtplib.SMTP) -> None:
    if isinstance(smtp.file, _Answers):
        smtp.file.begin()
    elif smtp.sock is not None:  # just connected, or just secured
        smtp.file = _Answers(smtp.sock)


class Smtp(smtplib.SMTP):
    def getreply(self) -> tuple[int, bytes]:
        _begin_answer(self)
        return super().getreply()


class SmtpOverTls(smtplib.SMTP_SSL):
    def getreply(self) -> tuple[int, bytes]:
        _begin_answer(self)
        return super().getreply()
