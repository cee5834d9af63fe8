"""How fast mails go out, and how long one of them may take."""

from __future__ import annotations

import socket
import threading
import time
from datetime import timedelta
from typing import Any

import pytest

from backoffice.mail import TIMEOUT, MailServer
from reporter import transports
from reporter.clock import Clock
from reporter.delivery import Sender
from reporter.models import Delivery
from reporter.pace import Pace, Row
from reporter.publishing import publish
from reporter.summary import Summary
from reporter.transports import SmtpTransport, Verdict, configured_transport
from tests.reporter.conftest import EIGHT, MakeReport


class Moved(Clock):
    """A clock that only sleeping moves on."""

    slept: float = 0.0

    def elapsed(self) -> float:
        return Moved.slept

    @staticmethod
    def sleep(seconds: float) -> None:
        Moved.slept += seconds


@pytest.fixture
def clock() -> Clock:
    Moved.slept = 0.0
    return Moved(EIGHT + timedelta(minutes=1), budget=60)


def count(state: str) -> int:
    return Delivery.objects.filter(state=state).count()


def built(make_report: MakeReport, settings: Any) -> None:
    make_report("Sales", *(f"p{n}@example.com" for n in range(20)))
    settings.MAIL_PROBLEM = "not yet"
    publish(EIGHT)
    settings.MAIL_PROBLEM = ""


@pytest.mark.django_db
def test_all_senders_together_keep_to_the_rate_and_what_is_left_goes_on(
    make_report: MakeReport, settings: Any, clock: Clock
) -> None:
    built(make_report, settings)
    settings.REPORT_MAILS_PER_MINUTE = 6
    senders = [Sender(configured_transport(), clock, Summary()) for _n in range(2)]
    for sender in senders:
        sender._pace.sleep = Moved.sleep
        sender.send_all()
    assert count("sent") == 6
    assert count("pending") == 14
    assert Moved.slept < 60  # not beyond the time of the pass
    assert not Delivery.objects.exclude(claimed_by=None).exists()
    assert set(Delivery.objects.filter(state="pending").values_list("attempts", "server_reply")) == {(0, "")}
    settings.REPORT_MAILS_PER_MINUTE = 0
    publish(EIGHT + timedelta(minutes=5))
    assert count("sent") == 20


@pytest.mark.django_db
def test_many_reports_to_one_person_each_keep_to_the_rate_too(
    make_report: MakeReport, settings: Any, clock: Clock
) -> None:
    for number in range(9):
        make_report(f"Report {number}", "ada@example.com")
    settings.MAIL_PROBLEM = "not yet"
    publish(EIGHT)
    settings.MAIL_PROBLEM = ""
    settings.REPORT_MAILS_PER_MINUTE = 6
    sender = Sender(configured_transport(), clock, Summary())
    sender._pace.sleep = Moved.sleep
    sender.send_all()
    assert count("sent") == 6


@pytest.mark.django_db
def test_two_senders_never_get_the_same_moment(settings: Any, clock: Clock) -> None:
    settings.REPORT_MAILS_PER_MINUTE = 60
    paces = [Pace(clock, sleep=Moved.sleep) for _n in range(2)]
    moments = []
    for turn in range(10):
        assert paces[turn % 2].wait()
        moments.append(round(clock.elapsed(), 3))
    assert moments == [float(second) for second in range(10)]


@pytest.mark.django_db
def test_of_two_senders_that_read_the_same_moment_one_reads_again(
    settings: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REPORT_MAILS_PER_MINUTE = 60
    mine, other = Pace(clock, sleep=Moved.sleep), Pace(clock, sleep=lambda seconds: None)
    assert mine.wait()
    read, others_turn = Row.objects.get_or_create, iter([True])

    def read_and_lose(**values: Any) -> Any:
        row = read(**values)
        if next(others_turn, False):
            assert other.wait()  # between the reading and the taking
        return row

    monkeypatch.setattr(Row.objects, "get_or_create", read_and_lose)
    assert mine.wait()
    assert round(Moved.slept, 3) == 2.0  # the other has the moment after one second


# --- 30 seconds ---


def test_a_mail_is_given_up_within_half_a_minute_whatever_the_server_does() -> None:
    assert transports.GREETING_TIMEOUT + transports.IDLE_TIMEOUT < 30
    assert TIMEOUT < transports.MAIL_TIMEOUT < 30


class Slow(threading.Thread):
    """A server that answers each command a character at a time; from ``slow_from`` on for ever."""

    def __init__(self, slow_from: str) -> None:
        super().__init__(daemon=True)
        self.slow_from = slow_from
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def run(self) -> None:
        connection, _address = self.listener.accept()
        with connection, self.listener, connection.makefile("rb") as lines:
            connection.sendall(b"220 hello\r\n")
            in_data = False
            for line in lines:
                word = "." if in_data and line == b".\r\n" else "" if in_data else line[:4].decode().upper()
                if not word:
                    continue
                if word == self.slow_from:
                    self._drip(connection)
                    return
                in_data = word == "DATA"
                connection.sendall(b"354 go on\r\n" if in_data else b"250 OK\r\n")

    def _drip(self, connection: socket.socket) -> None:
        try:
            while True:
                connection.sendall(b"x")
                time.sleep(0.02)
        except OSError:
            return


@pytest.mark.parametrize(("slow_from", "verdict"), [("RCPT", Verdict.LATER), (".", Verdict.UNKNOWN)])
def test_a_server_that_answers_a_character_at_a_time_is_cut_off(
    slow_from: str, verdict: Verdict, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transports, "MAIL_TIMEOUT", 2.0)
    server = Slow(slow_from)
    server.start()
    transport = SmtpTransport(MailServer("127.0.0.1", server.port, "", "", use_tls=False, use_ssl=False, timeout=10))
    transport.ready()
    began = time.monotonic()
    result = transport.send("a@example.com", "b@example.com", "<1@h>", b"Subject: x\r\n\r\nx\r\n")
    assert result.verdict == verdict
    assert result.is_disturbed
    assert time.monotonic() - began < 10  # the time-out of the socket
    server.join(5)
