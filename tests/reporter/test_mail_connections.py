"""TLS, logins, and connections that end before the mail does."""

from __future__ import annotations

import shutil
import smtplib
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult

from backoffice.mail import MailServer
from reporter.models import Delivery
from reporter.publishing import publish
from reporter.transports import ServerDown, SmtpTransport, Verdict, _insist_on_connection
from tests import services
from tests.reporter.conftest import EIGHT, MakeReport
from tests.reporter.smtp import TestServer


def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    is_right = (data.login, data.password) == (b"user", b"secret")
    return AuthResult(success=is_right, handled=is_right)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and certificate for 127.0.0.1, signed by itself."""
    openssl = shutil.which("openssl") or services.missing("openssl is not installed")
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
    subprocess.run([*command, "-keyout", str(path), "-out", f"{path}.crt"], check=True, capture_output=True)
    with path.open("a") as both:
        both.write(Path(f"{path}.crt").read_text())
    return path


Start = Callable[..., TestServer]


@pytest.fixture
def start(certificate: Path) -> Iterator[Start]:
    """``start(ssl=True)``: TLS from the first byte; else STARTTLS. Both ask for a login."""
    servers = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def begin(*, implicit: bool) -> TestServer:
        server = TestServer(ssl_context=context) if implicit else TestServer(tls_context=context)
        server.options |= {"authenticator": authenticate, "auth_required": True, "auth_require_tls": not implicit}
        server.start()
        servers.append(server)
        return server

    yield begin
    for server in servers:
        server.stop()


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("implicit", [True, False], ids=["smtps", "STARTTLS"])
@pytest.mark.django_db(transaction=True)
def test_mails_go_over_tls_with_a_login(
    implicit: bool,
    start: Start,
    certificate: Path,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    make_report: MakeReport,
) -> None:
    server = start(implicit=implicit)
    address = replace(server.address(), username="user", password="secret", use_ssl=implicit, use_tls=not implicit)
    make_report("Sales", "ada@example.com")

    settings.MAIL_SERVER = address  # nobody vouches for the certificate
    assert "CERTIFICATE_VERIFY_FAILED" in publish(EIGHT).text()
    assert Delivery.objects.get().state == "pending"
    Delivery.objects.update(next_attempt_at=EIGHT)

    monkeypatch.setenv("SSL_CERT_FILE", f"{certificate}.crt")
    settings.MAIL_SERVER = replace(address, password="wrong")
    assert "535" in publish(EIGHT).text()
    assert (Delivery.objects.get().state, Delivery.objects.get().attempts) == ("pending", 0)
    Delivery.objects.update(next_attempt_at=EIGHT)

    settings.MAIL_SERVER = address
    assert publish(EIGHT).text() == "sent 1 report to 1 person"
    assert server.behaviour.addresses() == ["ada@example.com"]


def test_a_server_that_hung_up_before_the_end_is_noticed() -> None:
    smtp, (ours, theirs) = smtplib.SMTP(), socket.socketpair()
    with ours, theirs:
        smtp.sock = ours
        _insist_on_connection(smtp)  # it lives
        theirs.close()
        with pytest.raises(smtplib.SMTPServerDisconnected):
            _insist_on_connection(smtp)


def test_a_server_that_never_greets_is_given_up_soon() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server = MailServer("127.0.0.1", silent.getsockname()[1], "", "", use_tls=False, use_ssl=False, timeout=0.2)
        with pytest.raises(ServerDown, match="cannot be used"):
            SmtpTransport(server).ready()


def test_a_connection_that_died_while_idle_is_made_anew() -> None:
    server = TestServer()
    server.start()
    try:
        transport = SmtpTransport(server.address())
        transport.ready()
        assert transport._smtp
        assert transport._smtp.sock
        transport._smtp.sock.shutdown(socket.SHUT_RDWR)
        transport.ready()
        result = transport.send("a@example.com", "b@example.com", "<1@h>", b"Subject: x\r\n\r\nx\r\n")
        assert result.verdict == Verdict.TAKEN
        transport.close()
    finally:
        server.stop()
