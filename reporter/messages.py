"""An edition as the bytes of a mail to one recipient; the same bytes each time, but for the Date header."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address, HeaderRegistry
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import cache, cached_property
from pathlib import PurePosixPath
from typing import Any

from django.conf import settings
from django.utils.encoding import punycode

from backoffice.jobs.told import gettext as _
from reporter.models import Delivery, Edition, EditionFile
from reporter.unsubscribing import link_for, with_own_link

CONTENT_TYPES = {
    ".csv": "text/csv",
    ".png": "image/png",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class FileChanged(Exception):
    """A stored file is not what it was when the edition was built."""


class _Headers(HeaderRegistry):
    """Python makes a class for each header that it reads or writes; here it is one for all headers of a name."""

    __getitem__ = cache(HeaderRegistry.__getitem__)


POLICY = SMTP.clone(header_factory=_Headers())


@dataclass(frozen=True)
class Attachment:
    """A file of the mail; with a Content-ID, a picture that the HTML shows."""

    name: str
    content: bytes
    content_id: str = ""

    @cached_property
    def part(self) -> EmailMessage:
        """As it stands in the mails, the same in all."""
        part = EmailMessage(policy=POLICY)
        values: dict[str, Any] = {"cid": f"<{self.content_id}>"} if self.content_id else {}
        disposition = "inline" if self.content_id else "attachment"
        maintype, subtype = content_type_of(self.name).split("/")
        part.set_content(
            self.content, maintype, subtype, disposition=disposition, filename=one_line(self.name), **values
        )
        return part


@dataclass(frozen=True)
class Message:
    sender: str
    address: str
    content: bytes
    content_hash: str  # of all but the Date header


def content_type_of(name: str) -> str:
    """By its ending; the same on every machine, which that of the system is not."""
    return CONTENT_TYPES.get(PurePosixPath(name).suffix.lower(), "application/octet-stream")


def attachments_of(edition: Edition) -> list[Attachment]:
    """The edition's files from the storage. Raises FileChanged, or what the storage raises."""
    files = edition.files.filter(is_attached=True)
    return [Attachment(file.name, _content(file), file.content_id) for file in files]


def _content(file: EditionFile) -> bytes:
    with file.file.open("rb") as stream:
        content: bytes = stream.read()
    if hashlib.sha256(content).hexdigest() != file.sha256:
        text = _("The file %(name)s is not what it was when the edition was built.")
        raise FileChanged(text % {"name": file.name})
    return content


def message_for(delivery: Delivery, attachments: Sequence[Attachment], now: datetime) -> Message:
    """The mail of one delivery. ``delivery.edition`` is read."""
    edition = delivery.edition
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)
    link = link_for(delivery)
    mail = EmailMessage(policy=POLICY)
    mail["From"] = _address(*sender)
    # Whoever gets a copy finds themselves in Cc.
    mail["To"] = _address(*sender) if delivery.is_copy else _address(delivery.name, delivery.address)
    if copies := _possible(edition.copies):
        mail["Cc"] = copies
    if reply_to := _possible([("", edition.reply_to)]):
        mail["Reply-To"] = reply_to
    mail["Subject"] = one_line(edition.subject)
    mail["Message-ID"] = delivery.message_id
    mail["Auto-Submitted"] = "auto-generated"  # keeps out-of-office replies away
    mail.set_content(with_own_link(edition.text, link))
    mail.add_alternative(with_own_link(edition.html, link), subtype="html")
    _add_files(mail, attachments)
    _fix_boundaries(mail, delivery.message_id)
    # A test or a notice goes to a user: there is nothing to unsubscribe from, and a button for it would only fail.
    headers = b"" if edition.is_for_users else _unsubscribe_headers(link)
    repeatable = headers + mail.as_bytes()
    return Message(
        sender=ascii_address(sender[1]),
        address=ascii_address(delivery.address),
        content=f"Date: {format_datetime(now)}\r\n".encode() + repeatable,
        content_hash=hashlib.sha256(repeatable).hexdigest(),
    )


def _add_files(mail: EmailMessage, attachments: Sequence[Attachment]) -> None:
    """Pictures beside the HTML that shows them, other files beside all of that."""
    html = mail.get_body(("html",))
    assert isinstance(html, EmailMessage)
    if pictures := [file.part for file in attachments if file.content_id]:
        html.make_related()
        for part in pictures:
            html.attach(part)
    if others := [file.part for file in attachments if not file.content_id]:
        mail.make_mixed()
        for part in others:
            mail.attach(part)


def sender_problem() -> str:
    """What is wrong with DEFAULT_FROM_EMAIL as the sender of mails; empty if nothing is."""
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    local, _at, domain = address.rpartition("@")
    try:
        _address(name, address)
        is_address = bool(local and domain) and ascii_address(address).isascii()
    except (ValueError, IndexError, MessageError):
        is_address = False
    return "" if is_address else f"{settings.DEFAULT_FROM_EMAIL!r} is no e-mail address"


def one_line(text: str) -> str:
    """``text`` without line ends and other control characters: nothing in it can begin a header of its own."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def ascii_address(address: str) -> str:
    """The address as mail servers take it: a domain in another script is written in ASCII."""
    local, at, domain = one_line(address).rpartition("@")
    return f"{local}{at}{punycode(domain)}" if at else address


def _address(name: str, address: str) -> Address:
    return Address(display_name=one_line(name), addr_spec=ascii_address(address))


def _possible(people: Iterable[Sequence[str]]) -> list[Address]:
    """Those whose address can stand in a header: one that is none must not keep the mail from all others."""
    addresses = []
    for name, address in people:
        with suppress(ValueError, IndexError, MessageError):
            addresses.append(_address(name, address))
    return [address for address in addresses if address.domain]


def _unsubscribe_headers(link: str) -> bytes:
    """RFC 8058: a mail program offers a button for it. Written here: Python would encode a long link as if it
    were words, and then it is none any more."""
    return f"List-Unsubscribe: <{one_line(link)}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n".encode()


def _fix_boundaries(mail: EmailMessage, message_id: str) -> None:
    """Python draws boundaries by lot; a repetition has to be the same mail."""
    for number, part in enumerate(part for part in mail.walk() if part.is_multipart()):
        digest = hashlib.sha256(f"{message_id}{number}".encode()).hexdigest()
        part.set_boundary(f"=={digest[:40]}==")
