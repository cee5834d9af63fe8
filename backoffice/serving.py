"""The web server and the scheduler together: both serve, or both end."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial

import waitress
from django.conf import settings
from django.core.servers.basehttp import get_internal_wsgi_application
from django.utils.translation import gettext as _
from waitress import wasyncore

from backoffice.jobs import processes
from backoffice.jobs.commands import stop_signals

logger = logging.getLogger(__name__)

# Only this machine: a proxy on it makes the site known to others.
ADDRESS = "127.0.0.1"

LAST_PORT = 65535

# What one visitor may take of the server. Sizes are in bytes, times in seconds.
LIMITS = {
    "threads": 8,
    "connection_limit": 200,
    "backlog": 128,
    "channel_timeout": 30,
    "cleanup_interval": 10,
    "max_request_header_size": 32 * 1024,
    "max_request_body_size": 20 * 1024 * 1024,
}

# Seconds that the scheduler has to end by itself, with the jobs that run; then it is killed.
SCHEDULER_PATIENCE = 9.0

# Seconds between looks whether both live.
LOOK_SECONDS = 0.2


class PortTaken(Exception):
    """Something else listens on the port."""


def listen(port: int) -> socket.socket:
    """A socket that listens on ``port`` of this machine. Raises PortTaken, with a line for people."""
    listener = socket.socket()
    try:
        if os.name == "nt":  # there SO_REUSEADDR would share the port with whoever has it
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)  # type: ignore[attr-defined]
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((ADDRESS, port))
        listener.listen(LIMITS["backlog"])
    except (OSError, OverflowError) as error:
        listener.close()
        text = _("Port %(port)s cannot be used: %(error)s. Choose another: PORT=%(other)s")
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        other = port + 1 if 0 < port < LAST_PORT else 8000
        raise PortTaken(text % {"port": port, "error": reason.rstrip("."), "other": other}) from error
    return listener


def serve(listener: socket.socket, say: Callable[[str], object]) -> int:
    """Serve until Ctrl-C or SIGTERM. The exit status: 0, or 1 if the web server or the scheduler ended by itself."""
    with stop_signals() as stop:
        web = _WebServer(listener)
        scheduler = _Scheduler()
        web.start()
        try:
            trouble = _watch(web, scheduler, stop)
        finally:
            web.close()
            scheduler.stop()
            web.finish()
    say(trouble or _("Stopped."))
    return 1 if trouble else 0


def _watch(web: _WebServer, scheduler: _Scheduler, stop: threading.Event) -> str:
    """Wait for the end. Empty if somebody wanted it, else what went wrong."""
    while not stop.wait(LOOK_SECONDS):
        if scheduler.exit_code is not None:
            return _("The scheduler ended with exit status %(code)s, so the web server ends, too.") % {
                "code": scheduler.exit_code
            }
        if not web.is_alive():
            return _("The web server ended, so the scheduler ends, too. DATA_DIR/logs says why.")
    return ""


class _WebServer(threading.Thread):
    def __init__(self, listener: socket.socket) -> None:
        super().__init__(name="web", daemon=True)
        proxy = {}
        if settings.SECURE_PROXY_SSL_HEADER:  # HTTPS ends at a proxy on this machine
            proxy = {"trusted_proxy": ADDRESS, "trusted_proxy_headers": "x-forwarded-proto x-forwarded-for"}
        self._server = waitress.create_server(
            get_internal_wsgi_application(), sockets=[listener], ident=None, **proxy, **LIMITS
        )

    def run(self) -> None:
        try:
            self._server.run()
        except Exception:
            logger.exception("The web server ended")

    def close(self) -> None:
        """Take no more connections; done by the server's own thread, which may be waiting for one.

        The server's own close() would take away the pipe, too, that requests in hand write to when their answer is
        there. Its number may be that of another file by then.
        """
        self._server.trigger.pull_trigger(partial(wasyncore.dispatcher.close, self._server))

    def finish(self) -> None:
        """Let the requests in hand end; the thread itself ends with the process."""
        self._server.task_dispatcher.shutdown()


class _Scheduler:
    """The child process that ticks. It ends when its stdin does: see scheduling.py."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "backoffice.scheduling"],
            stdin=subprocess.PIPE,
            env=processes.environment(),
            **processes.apart(),  # Ctrl-C is for us; we tell it
        )

    @property
    def exit_code(self) -> int | None:
        return self._process.poll()

    def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(SCHEDULER_PATIENCE)
        except subprocess.TimeoutExpired:
            logger.warning("The scheduler did not end by itself and is killed")
            self._process.kill()
            self._process.wait()
