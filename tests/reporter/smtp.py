"""A mail server on loopback that answers as a test tells it to."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from ssl import SSLContext
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from backoffice.mail import MailServer


@dataclass
class Behaviour:
    """What the server does; to be changed while it runs."""

    mail_answer: str = "250 OK"
    rcpt_answers: dict[str, str] = field(default_factory=dict)  # by address
    data_answer: str = "250 OK, taken"
    silent_after_data: set[str] = field(default_factory=set)  # addresses; the mail is taken all the same
    cut_after_data: set[str] = field(default_factory=set)
    cut_during_data: bool = False
    cut_at_rcpt: int = 0  # how many times

    connections: int = 0
    received: list[tuple[str, bytes]] = field(default_factory=list)

    def addresses(self) -> list[str]:
        return [address for address, _content in self.received]

    def mails(self) -> list[EmailMessage]:
        return [message_from_bytes(content, policy=policy.default) for _address, content in self.received]  # type: ignore[misc]


class Handler:
    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour

    async def handle_MAIL(self, server: SMTP, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.behaviour.mail_answer.startswith("250"):
            envelope.mail_from = address
        return self.behaviour.mail_answer

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.behaviour.cut_at_rcpt:
            self.behaviour.cut_at_rcpt -= 1
            server.transport.abort()
        answer = self.behaviour.rcpt_answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        (address,) = envelope.rcpt_tos
        if self.behaviour.data_answer.startswith("250"):
            self.behaviour.received.append((address, envelope.content))
        if address in self.behaviour.cut_after_data:
            server.transport.abort()
        if address in self.behaviour.silent_after_data:
            while server.transport and not server.transport.is_closing():
                await asyncio.sleep(0.005)
        return self.behaviour.data_answer


class Server(SMTP):
    async def smtp_DATA(self, arg: str) -> None:
        if not self.event_handler.behaviour.cut_during_data:
            await super().smtp_DATA(arg)
            return
        await self.push("354 go ahead")
        await self._reader.readuntil(b"\r\n")
        self.transport.abort()

    def connection_made(self, transport: Any) -> None:
        self.event_handler.behaviour.connections += 1
        super().connection_made(transport)


class TestServer(Controller):
    """Listens on a free port while it is started."""

    __test__ = False

    def __init__(self, *, ssl_context: SSLContext | None = None, tls_context: SSLContext | None = None) -> None:
        self.behaviour = Behaviour()
        self.options: dict[str, Any] = {"tls_context": tls_context}
        super().__init__(Handler(self.behaviour), hostname="127.0.0.1", port=0, ssl_context=ssl_context)

    def factory(self) -> Server:
        return Server(self.handler, hostname="localhost", loop=self.loop, **self.options)

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]  # the one that the system chose
        super()._trigger_server()
        self.behaviour.connections = 0

    def address(self) -> MailServer:
        return MailServer("127.0.0.1", self.port, "", "", use_tls=False, use_ssl=False)
