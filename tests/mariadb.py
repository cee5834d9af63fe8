"""The MariaDB server that some tests need, as ``services`` has the others."""

from __future__ import annotations

import contextlib
import functools
import os
import uuid
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import pymysql

from tests.services import without_password

SERVER = os.environ.get("TEST_MARIADB_URL") or "mysql://root@127.0.0.1:3306"


def _connected() -> pymysql.Connection[pymysql.cursors.Cursor]:
    parts = urlsplit(SERVER)
    return pymysql.connect(
        host=parts.hostname or "127.0.0.1",
        port=parts.port or 3306,
        user=parts.username or "root",
        password=parts.password or "",
        connect_timeout=5,
        autocommit=True,
    )


@functools.cache
def why_none() -> str:
    """Empty when the MariaDB server for tests answers."""
    try:
        _connected().close()
    except pymysql.MySQLError as error:
        return f"MariaDB does not answer at {without_password(SERVER)}: {error}"
    return ""


@contextlib.contextmanager
def fresh_database() -> Iterator[str]:
    """The URL of an empty database on the MariaDB server for tests, which is dropped at the end."""
    name = f"backoffice_{uuid.uuid4().hex}"
    with _connected() as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")
    try:
        yield urlunsplit(urlsplit(SERVER)._replace(path=f"/{name}"))
    finally:
        with _connected() as connection, connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS `{name}`")
