"""Where mails go: an SMTP server, or files in the outbox.

A transport tells what became of one mail, so that nothing is sent twice and nothing is lost: up to the final
dot of DATA a mail can be tried again; once the dot is sent, only the server's answer tells whether it was taken.
"""

from __future__ import annotations

import os
import re
import select
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.core.mail.utils import DNS_NAME

from backoffice.jobs.told import gettext as _
from backoffice.mail import MailServer
from reporter.answers import Smtp, SmtpOverTls

# Seconds that a server has for each answer until we are logged in: a dead one must not cost more.
GREETING_TIMEOUT = 10.0

# Seconds that a server has to say that an idle connection lives; one that does not is replaced by a new one.
IDLE_TIMEOUT = 5.0

# Seconds that one mail may take, however slowly the server speaks, and bytes a second that it takes of a large one.
MAIL_TIMEOUT = 25.0
SLOWEST = 100_000

# Bytes of a mail that are sent at a time: the time-out is for a line that stands still, not for one that is slow.
PIECE_BYTES = 64 * 1024

# Characters of a server's answer that are kept.
MAX_REPLY = 500


class Verdict(Enum):
    TAKEN = auto()
    REFUSED = auto()  # for good, this recipient alone
    LATER = auto()  # for now; nothing was sent
    BLOCKED = auto()  # the server takes nothing at all from us; it is not about this recipient
    UNKNOWN = auto()  # it may have been taken


@dataclass(frozen=True)
class Result:
    verdict: Verdict
    reply: str
    is_disturbed: bool = False  # the connection itself failed: the next mail may fare no better


class ServerDown(Exception):
    """No mail can be handed over at all just now. The message says why."""


class Transport(Protocol):
    def ready(self) -> None:
        """Connect, unless there is a living connection. Raises ServerDown."""

    def send(self, sender: str, address: str, message_id: str, content: bytes) -> Result:
        """Hand over one mail; ``ready`` was called before."""

    def close(self) -> None: ...


def configured_transport() -> Transport:
    server: MailServer | None = settings.MAIL_SERVER
    return SmtpTransport(server) if server else OutboxTransport(Path(settings.MAIL_OUTBOX))


# --- Files ----------------------------------------------------------------------------------------------


def outbox_path(outbox: Path, message_id: str) -> Path:
    """The file of a mail: the same for each repetition, which overwrites instead of doubling."""
    return outbox / (re.sub(r"[^A-Za-z0-9._@-]", "_", message_id.strip("<>")) + ".eml")


class OutboxTransport:
    """Writes .eml files, whole or not at all."""

    def __init__(self, outbox: Path) -> None:
        self.outbox = outbox

    def ready(self) -> None:
        try:
            self.outbox.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            values = {"folder": self.outbox, "error": error}
            raise ServerDown(_("The folder %(folder)s for mails cannot be made: %(error)s") % values) from error

    def send(self, sender: str, address: str, message_id: str, content: bytes) -> Result:
        path = outbox_path(self.outbox, message_id)
        draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            draft.write_bytes(content)
            draft.replace(path)
        except OSError as error:
            draft.unlink(missing_ok=True)
            return Result(Verdict.LATER, f"{path}: {error}", is_disturbed=True)
        return Result(Verdict.TAKEN, path.name)

    def close(self) -> None:
        pass


# --- SMTP -----------------------------------------------------------------------------------------------


class SmtpTransport:
    """One connection for many mails. Made anew when it broke; after a refusal it is reset."""

    def __init__(self, server: MailServer) -> None:
        self.server = server
        self._smtp: smtplib.SMTP | None = None

    def ready(self) -> None:
        if self._smtp is not None and self._answers(self._smtp):
            return
        self.close()
        try:
            self._smtp = self._connected()
        except (OSError, smtplib.SMTPException, ValueError) as error:
            where = f"{self.server.host}:{self.server.port}"
            text = _("the mail server %(server)s cannot be used: %(reason)s")
            raise ServerDown(text % {"server": where, "reason": _words(error)}) from error

    def _answers(self, smtp: smtplib.SMTP) -> bool:
        try:
            if smtp.sock:
                smtp.sock.settimeout(min(IDLE_TIMEOUT, self.server.timeout))
            answers = smtp.rset()[0] == 250  # RSET rather than NOOP: it also ends what a refusal left open
            if smtp.sock:
                smtp.sock.settimeout(self.server.timeout)
        except (OSError, smtplib.SMTPException):
            return False
        return answers

    def _connected(self) -> smtplib.SMTP:
        server = self.server
        timeout = min(GREETING_TIMEOUT, server.timeout)
        name = DNS_NAME.get_fqdn()
        smtp: smtplib.SMTP
        if server.use_ssl:
            context = ssl.create_default_context()
            smtp = SmtpOverTls(server.host, server.port, name, timeout=timeout, context=context)
        else:
            smtp = Smtp(server.host, server.port, name, timeout=timeout)
        try:
            if server.use_tls:
                smtp.starttls(context=ssl.create_default_context())
            if server.username:
                smtp.login(server.username, server.password)
            else:
                smtp.ehlo_or_helo_if_needed()
        except BaseException:
            smtp.close()
            raise
        if smtp.sock:
            smtp.sock.settimeout(server.timeout)
            # What waits in the system's buffer delays the server's last answer, and that is not waited for long.
            smtp.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * PIECE_BYTES)
            # The final dot is sent apart from the mail: it must not wait for the mail's acknowledgement, 40 ms each.
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return smtp

    def send(self, sender: str, address: str, message_id: str, content: bytes) -> Result:
        if self._smtp is None:
            return Result(Verdict.LATER, _("There is no connection."), is_disturbed=True)
        with _watched(self._smtp, MAIL_TIMEOUT + len(content) / SLOWEST):
            result = _converse(self._smtp, sender, address, content)
        if result.is_disturbed:
            self.close()
        return result

    def close(self) -> None:
        """Say good-bye where somebody listens; the mails are decided already, so nothing of it matters."""
        smtp, self._smtp = self._smtp, None
        if smtp is None:
            return
        try:
            if smtp.sock:
                smtp.sock.settimeout(1.0)
                smtp.putcmd("quit")
        except (OSError, smtplib.SMTPException):
            pass
        finally:
            smtp.close()


@contextmanager
def _watched(smtp: smtplib.SMTP, seconds: float) -> Iterator[None]:
    """Cut the connection after so many seconds. Time-outs of the socket begin anew with each byte: a server that
    speaks one every ten seconds would keep everybody waiting for ever."""
    timer = threading.Timer(seconds, _cut, [smtp])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _cut(smtp: smtplib.SMTP) -> None:
    with suppress(OSError):
        if smtp.sock:
            smtp.sock.shutdown(socket.SHUT_RDWR)


def _converse(smtp: smtplib.SMTP, sender: str, address: str, content: bytes) -> Result:
    """MAIL, RCPT, DATA, and what the server says to it."""
    try:
        code, text = smtp.mail(sender)
        if code // 100 == 5:
            return Result(Verdict.BLOCKED, _reply(code, text))
        if code != 250:
            return _refusal(code, text)
        code, text = smtp.rcpt(address)
        if code not in (250, 251):
            return _refusal(code, text)
        code, text = smtp.docmd("DATA")
        if code != 354:
            return _refusal(code, text)
        dotted = _dotted(content)
        for start in range(0, len(dotted), PIECE_BYTES):
            smtp.send(dotted[start : start + PIECE_BYTES])
        _insist_on_connection(smtp)
    except ValueError as error:  # an address that no command can hold
        return Result(Verdict.REFUSED, _words(error))
    except (OSError, smtplib.SMTPException) as error:
        return Result(Verdict.LATER, _words(error), is_disturbed=True)
    return _final_answer(smtp)


def _final_answer(smtp: smtplib.SMTP) -> Result:
    """Send the final dot. From here on a missing answer means that nobody knows."""
    try:
        smtp.send(b".\r\n")
        code, text = smtp.getreply()
    except (OSError, smtplib.SMTPException) as error:
        return Result(Verdict.UNKNOWN, _words(error), is_disturbed=True)
    if code // 100 == 2:
        return Result(Verdict.TAKEN, _reply(code, text))
    if code // 100 in (4, 5):
        return _refusal(code, text)
    return Result(Verdict.UNKNOWN, _reply(code, text), is_disturbed=True)


def _refusal(code: int, text: bytes) -> Result:
    if code // 100 == 5:
        return Result(Verdict.REFUSED, _reply(code, text))
    # 421: the server closes the connection. Anything below 400 is no answer to a command of ours.
    return Result(Verdict.LATER, _reply(code, text), is_disturbed=code == 421 or code < 400)


def _insist_on_connection(smtp: smtplib.SMTP) -> None:
    """Raise if the server has hung up on us, or spoken, before the end of the mail.

    Small mails fit into the system's buffers: sending them succeeds though nobody is there any more.
    """
    sock = smtp.sock
    if sock is None:
        raise smtplib.SMTPServerDisconnected("The server hung up during DATA.")
    if isinstance(sock, ssl.SSLSocket):
        return  # being readable means nothing there: TLS has messages of its own
    if select.select([sock], [], [], 0)[0]:
        code, text = smtp.getreply()
        raise smtplib.SMTPResponseException(code, text)


def _dotted(content: bytes) -> bytes:
    """A line that begins with a dot gets another one; the mail ends with a line end."""
    dotted = re.sub(rb"(?m)^\.", b"..", content)
    return dotted if dotted.endswith(b"\r\n") else dotted + b"\r\n"


def _reply(code: int, text: bytes) -> str:
    return _printable(f"{code} {text.decode('utf-8', errors='replace')}")


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        return _reply(error.smtp_code, text if isinstance(text, bytes) else str(text).encode())
    return _printable(f"{type(error).__name__}: {error}")


def _printable(text: str) -> str:
    """One line without control characters, and not longer than is of use."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:MAX_REPLY]
