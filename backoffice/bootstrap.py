"""What has to exist before the settings can be read: the data folders and the secret key."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from backoffice.mail import ENCODE

EXAMPLE_OF_URL = "postgres://user:password@host:5432/name"
INSTALL_DRIVER = "pip install --require-hashes -r requirements-scale.txt"

# Seconds in which a cache has to answer: a run waits for it before it begins.
CACHE_SECONDS = 2


def make_data_folders(data_dir: Path) -> None:
    """Make DATA_DIR and the folders in it; raise ImproperlyConfigured when DATA_DIR cannot be made."""
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)  # sessions, mails and logs are nobody else's
    except OSError as error:
        raise ImproperlyConfigured(
            f"DATA_DIR {data_dir} cannot be made: {error.strerror}. Set DATA_DIR to a folder that can be written."
        ) from error
    for name in ("logs", "outbox", "files", "static"):
        with contextlib.suppress(OSError):  # a full or read-only disk must not stop a tick here
            (data_dir / name).mkdir(exist_ok=True)


def write_private_file(path: Path, text: str) -> bool:
    """Write ``text`` to a new file that only its owner can read. False if the file is already there."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return True


def kept_secret_key(data_dir: Path) -> str:
    """The key in DATA_DIR/secret_key, made at the first call; processes that race for it get the same one."""
    path = data_dir / "secret_key"
    try:
        if not path.exists():
            _make_secret_key(path)
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"DATA_DIR {data_dir} cannot hold the secret key: {error.strerror}. "
            "Set DATA_DIR to a folder that can be written, or set SECRET_KEY."
        ) from error


def _make_secret_key(path: Path) -> None:
    # Written aside and linked into place, so that nobody reads a file that is still empty.
    draft = path.with_name(f".secret_key.{os.getpid()}.{secrets.token_hex(4)}")
    write_private_file(draft, secrets.token_urlsafe(64))
    try:
        with contextlib.suppress(FileExistsError):
            _place(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _place(draft: Path, path: Path) -> None:
    try:
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        draft.rename(path)


def known_time_zone(name: str) -> tuple[str, str]:
    """``(name, "")``; or UTC, and what is wrong, for a name that the zone data does not have."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return "UTC", f"TIME_ZONE {name!r} is not a known time zone; use a name such as 'Asia/Shanghai'"
    return name, ""


def database_of_url(url: str) -> dict[str, Any]:
    """``url`` as Django wants it. Raises ValueError, with words for an operator; the password is not repeated."""
    try:
        config: dict[str, Any] = dict(dj_database_url.parse(url))
    except ValueError:  # its own words may show a part of the password
        raise ValueError(f"cannot be read; it must be like {EXAMPLE_OF_URL}; {ENCODE}") from None
    if not config["ENGINE"].endswith(("sqlite3", "postgresql")):
        raise ValueError(f"names a database that is not known here; it must be SQLite or like {EXAMPLE_OF_URL}")
    if config["ENGINE"].endswith("postgresql") and not (find_spec("psycopg") or find_spec("psycopg2")):
        raise ValueError(f"names PostgreSQL, whose driver is not installed; run: {INSTALL_DRIVER}")
    return config


def cache_of_url(url: str) -> tuple[dict[str, Any], str]:
    """``url`` as Django wants it, and ``""``; or the memory of each process, and what is wrong. Several may be given,
    as Django takes them. The password is not repeated."""
    problems = [problem for one in re.split("[;,]", url) if (problem := _cache_problem(one))] if url else []
    if not url or problems:
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}, "".join(problems[:1])
    limits = {"socket_connect_timeout": CACHE_SECONDS, "socket_timeout": CACHE_SECONDS}
    return {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url, "OPTIONS": limits}, ""


def _cache_problem(url: str) -> str:
    try:
        parts = urlsplit(url)
        _port, place = parts.port, parts.path if parts.scheme == "unix" else parts.hostname
    except ValueError:  # its own words may show a part of the password
        return f"its host or port cannot be read; {ENCODE}"
    if parts.scheme not in ("redis", "rediss", "unix"):
        return "it must begin with redis://, rediss:// or unix://"
    if not place:
        return "it names no host"
    if parts.scheme != "unix" and not re.fullmatch(r"/?\d*", parts.path, re.ASCII):
        return f"what stands behind its host is no number of a database; {ENCODE}"
    if not find_spec("redis"):
        return f"the package redis is not installed; run: {INSTALL_DRIVER}"
    return ""
