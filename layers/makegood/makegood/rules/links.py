"""Signed links: who may do what until when, in the link itself, checked before anything is looked up."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from makegood.rules.instants import Instant


@dataclass(frozen=True)
class Link:
    """What a link allows: `purpose` on an incident of a client, to one person, until `expires_at`.

    `matter` is the one thing of the incident that it is for, such as one of its pauses. `issued_at` is
    when it was made, so that everything that was made until then can be revoked.
    """

    purpose: str
    client: str
    incident: str
    person: str
    expires_at: Instant
    matter: str = ""
    issued_at: Instant = 0


class LinkRefusedError(Exception):
    """`reason` is `forged` for whatever was not signed by one of the keys, else `expired` or `revoked`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def sign(link: Link, keys: Mapping[str, str], current: str) -> str:
    """The link as text that can stand in a path, signed with the key named `current`."""
    payload = json.dumps({**asdict(link), "key": current}, sort_keys=True, separators=(",", ":")).encode()
    return f"{_encode(payload)}.{_encode(_mac(payload, keys[current]))}"


def verify(text: str, keys: Mapping[str, str], now: Instant) -> Link:
    """The link a text carries. Raises LinkRefusedError, and nothing else, whatever the text is.

    A link keeps working until it expires, as long as the key that signed it is among the keys.
    """
    payload, mac = _split(text)
    content = _read(payload)
    key = content.pop("key", None)
    secret = keys.get(key) if isinstance(key, str) else None
    if secret is None or not hmac.compare_digest(mac, _mac(payload, secret)):
        raise LinkRefusedError("forged")
    link = Link(**content)
    if now >= link.expires_at:
        raise LinkRefusedError("expired")
    return link


def _split(text: str) -> tuple[bytes, bytes]:
    payload, _, mac = text.partition(".")
    return _decode(payload), _decode(mac)


def _read(payload: bytes) -> dict[str, Any]:
    try:
        content = json.loads(payload)
    except (ValueError, RecursionError):
        raise LinkRefusedError("forged") from None
    if not isinstance(content, dict):
        raise LinkRefusedError("forged")
    return content


def _mac(payload: bytes, secret: str) -> bytes:
    return hmac.new(secret.encode(), payload, hashlib.sha256).digest()


def _encode(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> bytes:
    """The one encoding of these bytes; any other spelling of them is refused."""
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raise LinkRefusedError("forged") from None
    if _encode(data) != text:
        raise LinkRefusedError("forged")
    return data
