"""The ways to a level that is no mailbox: a text message through SNS, a signed call of a webhook."""

from __future__ import annotations

import json
import socket
import ssl
from contextlib import suppress
from http.client import HTTPException, HTTPSConnection
from threading import Timer
from urllib.parse import urlsplit

from makegood import aws, clock
from makegood.keys import webhook_key
from makegood.rules.events import VERSION
from makegood.rules.mails import Order
from makegood.rules.webhooks import SIGNATURE_HEADER, is_public, signature

PATIENCE_SECONDS = 4
LONGEST_TEXT = 600
PORT = 443


class NotTakenError(Exception):
    """Whoever is behind the address did not take it; the text says why in a word or two."""


def send_text(to: str, text: str) -> str:
    """Hands a text message to SNS; returns its id."""
    answer = aws.sns().publish(
        PhoneNumber=to.removeprefix("sms:"),
        Message=text[:LONGEST_TEXT],
        MessageAttributes={"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}},
    )
    return answer["MessageId"]


def webhook_body(client: str, mail: Order, subject: str, lead: str) -> bytes:
    """What a webhook is told: no link, since links are personal; the same `id` however often."""
    scope, _, name = mail.about.partition("#")
    body = {
        "version": VERSION,
        "id": f"{client}/{mail.mail}",
        "kind": mail.kind,
        "client": client,
        scope: name,
        "subject": subject,
        "text": lead,
    }
    return json.dumps(body).encode()


def call_webhook(url: str, body: bytes) -> str:
    """Posts the body, signed; returns the answer's status. NotTakenError for all but a 2xx within seconds.

    The name is looked up once and only public addresses are called; a redirection is no success.
    """
    key, secret = webhook_key(url)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "makegood",
        SIGNATURE_HEADER: signature(secret, key, clock.now(), body),
    }
    status = post_to(url, body, headers)
    if not 200 <= status < 300:
        raise NotTakenError(f"HTTP {status}")
    return f"HTTP {status}"


def post_to(url: str, body: bytes, headers: dict[str, str]) -> int:
    """The status that the public host of this address answers with."""
    parts = urlsplit(url)
    assert parts.scheme == "https"
    assert parts.hostname is not None
    connection = _Pinned(parts.hostname, _public_address(parts.hostname))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    end = Timer(PATIENCE_SECONDS, connection.give_up)
    end.start()
    try:
        connection.request("POST", path, body, headers)
        return connection.getresponse().status
    except (OSError, HTTPException) as error:
        raise NotTakenError(type(error).__name__) from error
    finally:
        end.cancel()
        connection.close()


def _public_address(host: str) -> str:
    """An address of the host, all of whose addresses must be public."""
    try:
        found = socket.getaddrinfo(host, PORT, type=socket.SOCK_STREAM)
    except OSError as error:
        raise NotTakenError("unknown host") from error
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(is_public(address) for address in addresses):
        raise NotTakenError("not a public host")
    return addresses[0]


class _Pinned(HTTPSConnection):
    """A connection to the very address that was checked, its certificate checked against the name."""

    def __init__(self, host: str, address: str) -> None:
        super().__init__(host, PORT, timeout=PATIENCE_SECONDS)
        self._address = address

    def connect(self) -> None:
        raw = socket.create_connection((self._address, PORT), PATIENCE_SECONDS)
        context = ssl.create_default_context()
        self.sock = context.wrap_socket(raw, server_hostname=self.host, do_handshake_on_connect=False)
        self.sock.do_handshake()

    def give_up(self) -> None:
        """Ends whatever waits for the other side, which may answer a byte at a time."""
        if self.sock is not None:
            with suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)
