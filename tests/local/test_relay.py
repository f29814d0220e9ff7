"""The servers of the local stack take a body whole or in chunks, as API Gateway does."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from makegood_local.relay import Handler, Response, Server


class Echo(Handler):
    def respond(self, body: bytes) -> Response:
        return Response(200, [], body)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = Server(0, Echo)
    with server.running():
        yield server.port


def ask(port: int, headers: bytes, body: bytes) -> tuple[bytes, bytes]:
    """The status line and the body of the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(
            b"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers + b"\r\n" + body
        )
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    head, _, rest = answer.partition(b"\r\n\r\n")
    return head.partition(b"\r\n")[0], rest


CHUNKED = b"Transfer-Encoding: chunked\r\n"


@pytest.mark.parametrize(
    ("headers", "body", "echo"),
    [
        (b"", b"", b""),
        (b"Content-Length: 2\r\n", b"ok", b"ok"),
        (CHUNKED, b"0\r\n\r\n", b""),
        (CHUNKED, b"2\r\nok\r\nA;x=1\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n", b"ok0123456789"),
    ],
)
def test_a_body_is_read_to_its_end(port: int, headers: bytes, body: bytes, echo: bytes) -> None:
    assert ask(port, headers, body) == (b"HTTP/1.1 200 OK", echo)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (b"Content-Length: -1\r\n", b""),
        (b"Content-Length: 10000001\r\n", b""),
        (b"Transfer-Encoding: gzip, chunked\r\n", b""),
        (CHUNKED, b"nonsense\r\n"),
        (CHUNKED, b"-2\r\nok\r\n0\r\n\r\n"),
        (CHUNKED, b"989681\r\n"),
    ],
)
def test_a_body_without_an_end_or_above_ten_megabytes_is_refused(
    port: int, headers: bytes, body: bytes
) -> None:
    assert ask(port, headers, body)[0] == b"HTTP/1.1 400 Bad Request"
