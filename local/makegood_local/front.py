"""The front door on this machine: the stack's HTTP API, and the inbox at /inbox."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from makegood_local import pages
from makegood_local.mailbox import Mailbox
from makegood_local.relay import Handler, Response, Server, forward


class FrontServer(Server):
    """One address for agents, technicians and the inbox; it is known before anything is deployed."""

    def __init__(self, port: int, mailbox: Mailbox) -> None:
        super().__init__(port, _FrontHandler)
        self.mailbox = mailbox
        self.emulator_port = 0
        self.api_host = ""

    def open(self, emulator_port: int, api_url: str) -> None:
        """Lets requests through to the deployed API."""
        self.emulator_port = emulator_port
        self.api_host = urlsplit(api_url).netloc


class _FrontHandler(Handler):
    server: FrontServer

    def respond(self, body: bytes) -> Response:
        # A foreign web page may point its own name at this machine to read the inbox.
        if urlsplit(f"//{self.headers.get('Host', '')}").hostname not in {"127.0.0.1", "localhost"}:
            return Response(421, [], b"this address answers to 127.0.0.1 and localhost alone\n")
        path = unquote(urlsplit(self.path).path)
        if path == "/":
            return Response(302, [("Location", "/inbox")], b"")
        if path == "/inbox" or path.startswith("/inbox/"):
            return pages.respond(self.server.mailbox, path)
        if not self.server.api_host:
            return Response(503, [("Retry-After", "2")], b"the stack is being deployed\n")
        return forward(self, self.server.emulator_port, body, host=self.server.api_host)
