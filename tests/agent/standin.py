"""A stand-in for Makegood's door: records the heartbeats it gets and answers each as the test says."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

TOKEN = "acme.server.s3cret-s3cret"
ACCEPTED = {"received_at": "2026-03-01T00:00:00Z", "due_at": "2026-03-01T00:05:00Z", "refused": []}


class Received(NamedTuple):
    path: str
    headers: dict[str, str]
    body: Any
    at: float


class Handler(BaseHTTPRequestHandler):
    server: Door

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(length))
        self.server.received.append(Received(self.path, dict(self.headers), body, time.monotonic()))
        self.server.next_answer()(self)

    def do_GET(self) -> None:
        self.server.next_answer()(self)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass


Answer = Callable[[Handler], None]


def answers(status: int, body: object = None, **headers: str) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body or {}).encode()

    def answer(handler: Handler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def problem(status: int, **members: object) -> Answer:
    return answers(status, {"type": "about:blank", "status": status, **members})


def says(content: bytes) -> Answer:
    """Exactly these bytes, then the end of the connection."""

    def answer(handler: Handler) -> None:
        handler.wfile.write(content)
        handler.close_connection = True

    return answer


def resets_after(content: bytes) -> Answer:
    def answer(handler: Handler) -> None:
        handler.wfile.write(content)
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.close()

    return answer


def hangs(handler: Handler) -> None:
    handler.server.released.wait(20)
    handler.close_connection = True


ok = answers(200, ACCEPTED)


class Door(ThreadingHTTPServer):
    """Gives the planned answers in order, the last one for ever."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, *plan: Answer, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.plan = list(plan or [ok])
        self.received: list[Received] = []
        self.released = threading.Event()
        self.scheme = "http"

    def encrypt(self, certificate: Path) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.scheme = "https"

    def next_answer(self) -> Answer:
        return self.plan.pop(0) if len(self.plan) > 1 else self.plan[0]

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        return f"{self.scheme}://localhost:{self.port}"

    @property
    def bodies(self) -> list[Any]:
        return [each.body for each in self.received]

    def wait_for_beats(self, number: int, seconds: float = 8) -> None:
        wait_until(lambda: len(self.received) >= number, seconds)

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is part of the tests."""


@contextmanager
def door(*plan: Answer, port: int = 0, certificate: Path | None = None) -> Iterator[Door]:
    server = Door(*plan, port=port)
    if certificate:
        server.encrypt(certificate)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        server.server_close()


def wait_until(condition: Callable[[], bool], seconds: float = 8) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.01)


def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
