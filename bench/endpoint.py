"""A stand-in for AWS in a process of its own that answers at once: what is measured is the caller."""

from __future__ import annotations

import json
import multiprocessing
import socketserver
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from multiprocessing.connection import Connection
from typing import Any

Answers = Mapping[str, Callable[[Any], bytes]]
"""Operation -> what answers it: from the request to the body of the answer, both as they travel."""


def always(answer: Any) -> Callable[[Any], bytes]:
    """The same answer to every request."""
    content = json.dumps(answer).encode()
    return lambda _request: content


@contextmanager
def endpoint(answers: Answers) -> Iterator[str]:
    """The address of the stand-in, which ends with the block."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_serve, args=(theirs, answers), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()


class _Server(socketserver.ThreadingMixIn, HTTPServer):
    daemon_threads = True


def _serve(pipe: Connection, answers: Answers) -> None:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            content = answers[self.headers["X-Amz-Target"].rpartition(".")[2]](request)
            self.wfile.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: %d\r\n\r\n%b"
                % (len(content), content)
            )

        def log_message(self, *_: object) -> None:
            pass

    server = _Server(("127.0.0.1", 0), Handler)
    pipe.send(server.server_address[1])
    server.serve_forever()
