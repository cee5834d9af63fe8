"""Mail is configured here and nowhere else: Django 5.2 and 6.0 have EMAIL_*, 6.1 has MAILERS."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import django

SMTP = "django.core.mail.backends.smtp.EmailBackend"
FILES = "django.core.mail.backends.filebased.EmailBackend"

# Seconds that a silent mail server is waited for.
TIMEOUT = 20

# scheme: (port, STARTTLS, TLS from the first byte)
SCHEMES = {"smtp": (25, False, False), "submission": (587, True, False), "smtps": (465, False, True)}

TRUE_WORDS = {"1", "true", "yes", "on"}
FALSE_WORDS = {"0", "false", "no", "off"}

ENCODE = "special characters in user or password must be percent-encoded: / is %2F, # is %23, ? is %3F"


@dataclass(frozen=True)
class MailServer:
    """An SMTP server, as ``EMAIL_URL`` names it. ``timeout`` is in seconds."""

    host: str
    port: int
    username: str
    password: str
    use_tls: bool
    use_ssl: bool
    timeout: float = TIMEOUT


def parse_mail_url(url: str) -> MailServer:
    """Read ``smtp://user:password@host:port/?tls=true``, ``submission://…`` or ``smtps://…``.

    Raises ValueError, with words for an operator, when it is none of these. The password is not repeated.
    """
    parts, port = _split(url)
    if not parts.hostname or re.search(r"[\s\x00-\x1f]", parts.hostname):
        raise ValueError("it names no host")
    usual_port, use_tls, use_ssl = SCHEMES[parts.scheme]
    asks_tls = _asks_tls(parts.query)
    return MailServer(
        host=parts.hostname,
        port=port or usual_port,
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        use_tls=not use_ssl and (use_tls or asks_tls),
        use_ssl=use_ssl,
    )


def _split(url: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        # Its own words, and its traceback, might show a part of the password.
        raise ValueError(f"its host or port cannot be read; {ENCODE}") from None
    if parts.scheme not in SCHEMES:
        raise ValueError(f"it must begin with one of {', '.join(f'{name}://' for name in SCHEMES)}")
    if "@" in parts.path + parts.query + parts.fragment or parts.path.strip("/"):
        raise ValueError(f"something stands behind its host; {ENCODE}")
    return parts, port


def _asks_tls(query: str) -> bool:
    """Read the one option there is. What is misspelt must not send passwords in the clear."""
    options = dict(parse_qsl(query, keep_blank_values=True))
    word = options.pop("tls", "false").lower()
    if options:
        raise ValueError("it has an option that is not known; there is only tls=true")
    if word not in TRUE_WORDS | FALSE_WORDS:
        raise ValueError("its option tls must be true or false")
    return word in TRUE_WORDS


def mail_settings(url: str, outbox: Path) -> dict[str, Any]:
    """The settings for mail: through ``url``'s server or, when it is empty, into files in ``outbox``.

    A URL that does not parse leaves MAIL_PROBLEM: the check and every sending say it; nothing else stops,
    and no mail quietly goes into files instead.
    """
    server, problem = None, ""
    if url:
        try:
            server = parse_mail_url(url)
        except ValueError as error:
            problem = str(error)
    backend, options = (SMTP, asdict(server)) if server else (FILES, {"file_path": str(outbox)})
    settings: dict[str, Any] = {"MAIL_SERVER": server, "MAIL_PROBLEM": problem, "MAIL_OUTBOX": outbox}
    if django.VERSION >= (6, 1):
        return settings | {"MAILERS": {"default": {"BACKEND": backend, "OPTIONS": options}}}
    names = {"username": "EMAIL_HOST_USER", "password": "EMAIL_HOST_PASSWORD"}
    return (
        settings
        | {"EMAIL_BACKEND": backend}
        | {names.get(key, f"EMAIL_{key.upper()}"): value for key, value in options.items()}
    )
