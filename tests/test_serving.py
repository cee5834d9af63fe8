"""The web server of `serve`, in this process."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from backoffice import serving
from tests.services import free_port

# Seconds after which what does not come is taken for lost.
PATIENCE = 60


def test_who_is_being_answered_when_the_server_stops_gets_the_whole_answer(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def application(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        begun.set()
        assert go_on.wait(PATIENCE)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"all of it"]

    monkeypatch.setattr(serving, "get_internal_wsgi_application", lambda: application)
    port = free_port()
    web = serving._WebServer(serving.listen(port))
    web.start()
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as client, client.makefile("rb") as answer:
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert begun.wait(PATIENCE)
        web.close()
        while takes_connections(port):
            pass
        go_on.set()
        assert answer.read().endswith(b"all of it")
    web.finish()
    trigger = web._server.trigger
    trigger.pull_trigger(trigger.close)  # with the last that it listens to, its thread ends
    web.join(PATIENCE)
    assert not web.is_alive()
    assert caplog.text == ""


def takes_connections(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), PATIENCE).close()
    except OSError:
        return False
    return True
