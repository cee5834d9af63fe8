"""Mail servers that drip, never end, answer out of turn, or are slow: none holds up the others' reports."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import BinaryIO

import pytest

from backoffice.mail import MailServer
from reporter.transports import Result, ServerDown, SmtpTransport, Verdict

# Says something in place of the usual answer.
Act = Callable[[socket.socket], None]

# Seconds after which a client gives up: more than a busy machine stands still. And those that a dripping answer takes.
IMPATIENT, DRIPPING = 2, 20

MAIL = b"Subject: x\r\n\r\nx\r\n"


def says(text: bytes) -> Act:
    return lambda connection: connection.sendall(text)


def drips(connection: socket.socket) -> None:
    for _time in range(round(DRIPPING / 0.05)):
        connection.sendall(b"2")
        time.sleep(0.05)


def never_ends(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"250-and so on\r\n" * 100)


def converse(connection: socket.socket, lines: BinaryIO, stage: str, act: Act) -> None:
    """Answer as servers do, but at ``stage``: GREETING, a command, or DOT."""

    def answer(now: str, text: bytes) -> None:
        act(connection) if now == stage else connection.sendall(text + b"\r\n")

    answer("GREETING", b"220 at your service")
    for line in lines:
        word = line.split()[0].decode().upper()
        answer(word, b"354 go ahead" if word == "DATA" else b"250 OK")
        if word == "DATA":
            while lines.readline() not in (b".\r\n", b""):
                if stage == "SLOW":
                    time.sleep(0.04)
            answer("DOT", b"250 OK, taken")


@contextlib.contextmanager
def serving(stage: str, act: Act) -> Iterator[int]:
    """A server for one connection; its port."""

    def serve() -> None:
        with contextlib.suppress(OSError):
            connection, _address = listener.accept()
            with connection, connection.makefile("rb") as lines:
                converse(connection, lines, stage, act)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)  # else loopback takes all at once
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
    thread.join(15)
    assert not thread.is_alive()


def send(stage: str, act: Act, content: bytes = MAIL, timeout: float = 20) -> Result:
    """Hand over a mail to a server that behaves so. Raises ServerDown."""
    with serving(stage, act) as port:
        transport = SmtpTransport(MailServer("127.0.0.1", port, "", "", use_tls=False, use_ssl=False, timeout=timeout))
        try:
            transport.ready()
            return transport.send("a@example.com", "b@example.com", "<1@h>", content)
        finally:
            transport.close()


@pytest.mark.parametrize(("stage", "verdict"), [("MAIL", Verdict.LATER), ("DOT", Verdict.UNKNOWN)])
@pytest.mark.parametrize("act", [drips, never_ends])
def test_an_answer_that_does_not_come_to_an_end_is_given_up_in_time(act: Act, stage: str, verdict: Verdict) -> None:
    began = time.monotonic()
    assert send(stage, act, timeout=IMPATIENT).verdict == verdict
    assert time.monotonic() - began < DRIPPING


def test_a_greeting_that_drips_is_given_up_in_time() -> None:
    with pytest.raises(ServerDown, match="timed out"):
        send("GREETING", drips, timeout=IMPATIENT)


@pytest.mark.parametrize("stage", ["MAIL", "RCPT"])
def test_a_go_ahead_out_of_turn_is_no_leave_to_send(stage: str) -> None:
    result = send(stage, says(b"354 go ahead\r\n"))
    assert (result.verdict, result.reply) == (Verdict.LATER, "354 go ahead")


def test_a_slow_line_is_not_taken_for_a_silent_server() -> None:
    line = b"x" * 100_000 + b"\r\n"  # more than the system's buffers hold
    assert send("SLOW", says(b""), line * 100, timeout=IMPATIENT).verdict == Verdict.TAKEN  # it takes twice as long
