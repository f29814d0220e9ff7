"""Small HTTP servers on this machine that pass requests on."""

from __future__ import annotations

import http.client
import re
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from makegood_local.emulator import LocalError

MAX_BODY = 10_000_000
MAX_LINE = 8192
MAX_TRAILERS = 100
TIMEOUT_SECONDS = 60
NOT_PASSED_ON = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}
)
"""Headers of one connection, or written anew."""

_SIZE = re.compile(rb"[0-9a-fA-F]{1,7}\s*(;.*)?\r?\n")

Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class Response:
    status: int
    headers: Headers
    body: bytes


class Handler(BaseHTTPRequestHandler):
    """Answers every method by `respond`."""

    protocol_version = "HTTP/1.1"
    server_version = "makegood-local"
    sys_version = ""

    def respond(self, body: bytes) -> Response:
        raise NotImplementedError

    def handle_any(self) -> None:
        body = self._read_body()
        if body is None:
            self.close_connection = True
            self._send(Response(400, [], b"a body has a Content-Length or comes in chunks, at most 10 MB\n"))
            return
        self._send(self.respond(body))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = handle_any  # noqa: N815 - http.server's names

    def _read_body(self) -> bytes | None:
        """The whole body; None when it is too large or its end cannot be told."""
        coding = self.headers.get("Transfer-Encoding")
        if coding is not None:
            return self._read_chunks() if coding.lower() == "chunked" else None
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > MAX_BODY:
            return None
        return self.rfile.read(int(length))

    def _read_chunks(self) -> bytes | None:
        body = b""
        while _SIZE.fullmatch(line := self.rfile.readline(MAX_LINE)):
            size = int(line.partition(b";")[0], 16)
            if len(body) + size > MAX_BODY:
                return None
            body += self.rfile.read(size)
            if size == 0:
                return body if self._read_trailers() else None
            self.rfile.readline(MAX_LINE)
        return None

    def _read_trailers(self) -> bool:
        """What follows the last chunk, up to an empty line, and means nothing here."""
        return any(not self.rfile.readline(MAX_LINE).strip() for _ in range(MAX_TRAILERS))

    def _send(self, response: Response) -> None:
        self.send_response(response.status)
        for name, value in response.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    def log_message(self, *_: object) -> None:
        """Says nothing: the functions have their own logs."""


def forward(handler: BaseHTTPRequestHandler, port: int, body: bytes, host: str | None = None) -> Response:
    """Passes the request on to a port of this machine, under another Host when given; returns the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    try:
        connection.putrequest(handler.command, handler.path, skip_host=True, skip_accept_encoding=True)
        for name, value in _passed_on(handler.headers.items()):
            connection.putheader(name, host if host and name.lower() == "host" else value)
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        return Response(answer.status, list(_passed_on(answer.getheaders())), answer.read())
    except (OSError, http.client.HTTPException):
        return Response(502, [("Content-Type", "text/plain")], b"the embedded AWS did not answer\n")
    finally:
        connection.close()


def _passed_on(headers: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    return ((name, value) for name, value in headers if name.lower() not in NOT_PASSED_ON)


class Server(ThreadingHTTPServer):
    """Listens on 127.0.0.1 alone."""

    daemon_threads = True

    def __init__(self, port: int, handler: type[Handler]) -> None:
        try:
            super().__init__(("127.0.0.1", port), handler)
        except OSError as error:
            raise LocalError(f"port {port} of this machine is taken") from error

    def handle_error(self, request: object, client_address: object) -> None:
        # Whoever asked may go away before the answer; that is no error.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type] # passed on as it came

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def running(self) -> Iterator[None]:
        """Serves in the background."""
        thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.shutdown()
            self.server_close()
