"""The servers and programs that some tests need: whether they are there, and private ones to stop and kill.

What is missing skips the test and says so in words; with REQUIRE_SERVICES=1 it fails it.
"""

from __future__ import annotations

import contextlib
import functools
import getpass
import itertools
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

POSTGRES_SERVER = os.environ.get("TEST_DATABASE_URL") or "postgres://postgres@127.0.0.1:5432/postgres"
RABBITMQ_SERVER = os.environ.get("TEST_RABBITMQ_URL") or "amqp://guest:guest@127.0.0.1:5672//"

# First the one without a window of its own: the same pages for half of the work.
CHROMIUM_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# Seconds that a server of our own may take to start or to end.
PATIENCE = 30


def missing(what: str) -> NoReturn:
    """Leave the test: ``what`` is missing."""
    if os.environ.get("REQUIRE_SERVICES") == "1":
        pytest.fail(f"{what} (and REQUIRE_SERVICES=1 is set)", pytrace=False)
    pytest.skip(what)


def _ports() -> Iterator[int]:
    """Those of this worker of the suite, by chance, since another suite may be at work.

    They lie below the ports that systems give to whoever asks for any: one of those might be given to somebody else
    before the server listens there that it is for.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = 12_000 + worker % 16 * 1_000
    return itertools.cycle(random.sample(range(first, first + 1_000), 1_000))


_PORTS = _ports()


def free_port() -> int:
    """A port of loopback on which nothing listens."""
    for port in _PORTS:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("they go on for ever")


def wait_until_listening(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    raise RuntimeError(f"{process.args!r} does not listen on port {port}; exit code {process.poll()}")


# --- PostgreSQL -------------------------------------------------------------------------------------------


@functools.cache
def why_no_postgres() -> str:
    """Empty when the PostgreSQL server for tests answers."""
    try:
        psycopg.connect(POSTGRES_SERVER, connect_timeout=5).close()
    except psycopg.Error as error:
        return f"PostgreSQL does not answer at {without_password(POSTGRES_SERVER)}: {str(error).strip()}"
    return ""


def without_password(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


@contextlib.contextmanager
def fresh_postgres_database(server: str = "", template: str = "template0") -> Iterator[str]:
    """The URL of a database on ``server`` (by default the one for tests), which is dropped at the end.

    Empty, or a copy of the database ``template``, to which nobody may be connected.
    """
    server = server or POSTGRES_SERVER
    name = f"backoffice_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@functools.cache
def postgres_programs() -> Path | None:
    """The folder of initdb and pg_ctl, the newest there is. Debian keeps it off the PATH."""
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if folders:
        return max(folders, key=lambda folder: float(folder.parent.name))
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


class PrivatePostgres:
    """A PostgreSQL server of its own, to be stopped, killed and started again.

    It refuses to run as root, so root runs it as the user postgres, in a folder that this user can reach.
    """

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._as_user = ["runuser", "-u", "postgres", "--"] if _is_root() else []
        self.port = free_port()
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/postgres"
        self._folder = Path(tempfile.mkdtemp(prefix="backoffice-pg-"))
        if self._as_user:
            shutil.chown(self._folder, "postgres")
        self._data = self._folder / "data"
        self._call("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        with (self._data / "postgresql.conf").open("a") as file:
            file.write(
                f"port = {self.port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '{self._folder}'\n"
                "fsync = off\nshared_buffers = 16MB\n"
            )

    def start(self) -> None:
        """Start it and wait until it answers; after a kill the last of the old processes may still be ending."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self._call("pg_ctl", "start", "-w", "-l", str(self._folder / "log"))
                return
            except subprocess.CalledProcessError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def fill(self, url: str) -> None:
        """Take over what the PostgreSQL database at ``url`` holds, which is faster than to migrate."""
        dumped = subprocess.run([self._programs / "pg_dump", "--no-owner", url], check=True, capture_output=True)
        subprocess.run(
            [self._programs / "psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", self.url],
            input=dumped.stdout,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def stop(self) -> None:
        """An orderly end that waits for nobody: clients are cut off."""
        self._call("pg_ctl", "stop", "-w", "-m", "fast")

    def restart(self) -> None:
        self.stop()
        self.start()

    def kill(self) -> None:
        """As ``kill -9``: nobody is told. Its other processes notice and end."""
        pid = int((self._data / "postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, signal.SIGKILL)

    def remove(self) -> None:
        with contextlib.suppress(subprocess.CalledProcessError):  # already stopped
            self._call("pg_ctl", "stop", "-w", "-m", "immediate")
        shutil.rmtree(self._folder, ignore_errors=True)

    def _call(self, program: str, *arguments: str) -> None:
        # No pipes: the server would inherit them and hold them open.
        subprocess.run(
            [*self._as_user, str(self._programs / program), "-D", str(self._data), *arguments],
            check=True,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def why_no_private_postgres() -> str:
    if os.name == "nt":
        return "a private PostgreSQL server is not started on Windows"
    if postgres_programs() is None:
        return "PostgreSQL is not installed: no initdb"
    if _is_root() and shutil.which("runuser") is None:
        return f"PostgreSQL does not run as {getpass.getuser()}, and there is no runuser"
    return ""


# --- Redis, RabbitMQ, Chromium ----------------------------------------------------------------------------


class PrivateRedis:
    """A Redis server of its own that keeps nothing."""

    def __init__(self, program: str) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [self._program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
            cwd=tempfile.gettempdir(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until_listening(self.port, self._process)

    def kill(self) -> None:
        """It keeps nothing, so there is no gentler end."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE)
            self._process = None

    def empty(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as connection:
            connection.sendall(b"FLUSHALL\r\n")
            assert connection.recv(64) == b"+OK\r\n"


@contextlib.contextmanager
def running_redis() -> Iterator[PrivateRedis]:
    """A Redis server that is ended at the end; leaves the test where there is no Redis."""
    program = shutil.which("redis-server")
    if program is None:
        missing("Redis is not installed: no redis-server")
    server = PrivateRedis(program)
    try:
        server.start()
        yield server
    finally:
        server.kill()


@contextlib.contextmanager
def running_postgres() -> Iterator[PrivatePostgres]:
    """A PostgreSQL server that is ended and removed at the end; leaves the test where that cannot be."""
    programs = postgres_programs()
    if why_no_private_postgres() or programs is None:
        missing(why_no_private_postgres())
    server = PrivatePostgres(programs)
    try:
        server.start()
        yield server
    finally:
        server.remove()


@functools.cache
def why_no_rabbitmq() -> str:
    """Empty when something that speaks AMQP 0-9-1 answers."""
    parts = urlsplit(RABBITMQ_SERVER)
    where = f"{parts.hostname}:{parts.port or 5672}"
    try:
        with socket.create_connection((parts.hostname, parts.port or 5672), timeout=5) as connection:
            connection.sendall(b"AMQP\x00\x00\x09\x01")
            spoke = connection.recv(1)
    except OSError as error:
        return f"RabbitMQ does not answer at {where}: {error}"
    return "" if spoke == b"\x01" else f"what answers at {where} is not RabbitMQ"


def chromium() -> str | None:
    """The path of the system's Chromium; CHROMIUM_PATH names another one."""
    named = os.environ.get("CHROMIUM_PATH")
    return named or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
