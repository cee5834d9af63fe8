"""Databases with all tables, and a site with its demo.

To make one takes seconds and to copy it a moment: one is made for the whole suite.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from tests import services
from tests.environment import fresh_environment

ROOT = Path(__file__).resolve().parent.parent

# Seconds that the process may take that makes it, on a busy machine.
PATIENCE = 120


def sqlite_database() -> Path:
    """The file to copy."""
    path = _folder() / "db.sqlite3"
    _once("sqlite", lambda: _migrate(f"sqlite:///{path.as_posix()}"))
    return path


def copy_sqlite_to(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(sqlite_database(), path)


def quickstarted_site() -> tuple[Path, str]:
    """The data folder of a site that ``quickstart --no-serve`` has made from nothing, to copy; and what it said."""
    folder = _folder() / "quickstarted"
    said = _folder() / "quickstarted.txt"

    def make() -> None:
        said.write_text(_manage("quickstart", "--no-serve", DATA_DIR=str(folder)), encoding="utf-8")

    _once("quickstarted", make)
    return folder, said.read_text(encoding="utf-8")


def copy_quickstarted_site_to(data_dir: Path) -> None:
    folder, _said = quickstarted_site()
    shutil.copytree(folder, data_dir, dirs_exist_ok=True)


def postgres_database() -> str:
    """The name of the database to copy, on the server for tests; leaves the test where there is no server."""
    if services.why_no_postgres():
        services.missing(services.why_no_postgres())
    name = f"{_prefix()}migrated"
    _once("postgres", lambda: _make_postgres(name))
    return name


@contextlib.contextmanager
def postgres_copy() -> Iterator[str]:
    """The URL of a database with all tables, which is dropped at the end."""
    with services.fresh_postgres_database(template=postgres_database()) as url:
        yield url


def copy_postgres_to(name: str) -> None:
    """Under that name, which has to begin with TEST_ROOT's: dropped with the suite."""
    template = postgres_database()
    with psycopg.connect(services.POSTGRES_SERVER, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')


def drop_postgres() -> None:
    """At the end of the suite: everything on the server that is named after it."""
    if services.why_no_postgres():
        return
    with psycopg.connect(services.POSTGRES_SERVER, autocommit=True) as connection:
        found = connection.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [_prefix()])
        for (name,) in found.fetchall():
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _prefix() -> str:
    return Path(os.environ["TEST_ROOT"]).name.replace("-", "_") + "_"


def _folder() -> Path:
    folder = Path(os.environ["TEST_ROOT"], "migrated")
    folder.mkdir(exist_ok=True)
    return folder


def _once(what: str, make: Callable[[], None]) -> None:
    """Let one process of the suite make it, and the others wait. When it fails there, the next one tries."""
    done, begun = _folder() / f"{what}.done", _folder() / f"{what}.begun"
    deadline = time.monotonic() + PATIENCE
    while not done.exists():
        assert time.monotonic() < deadline, f"no migrated database: {what}"
        try:
            begun.touch(exist_ok=False)
        except FileExistsError:
            time.sleep(0.05)
            continue
        try:
            make()
            done.touch()
        finally:
            if not done.exists():
                begun.unlink()


def _make_postgres(name: str) -> None:
    with psycopg.connect(services.POSTGRES_SERVER, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}"')
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    _migrate(urlunsplit(urlsplit(services.POSTGRES_SERVER)._replace(path=f"/{name}")))


def _migrate(url: str) -> None:
    _manage("migrate", "-v0", DATABASE_URL=url)
    if url.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(_folder() / "db.sqlite3")) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _manage(*arguments: str, **environment: str) -> str:
    """What manage.py says, as it is started in a fresh checkout."""
    command = [sys.executable, "-W", "error", "manage.py", *arguments]
    environment = fresh_environment(_folder()) | environment
    return subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True, timeout=PATIENCE, encoding="utf-8"
    ).stdout
