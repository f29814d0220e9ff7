"""How a webhook's receiver knows that a call is ours and fresh: an HMAC over its time and its body."""

from __future__ import annotations

import hashlib
import hmac
from ipaddress import IPv4Address, IPv6Address, ip_address

from makegood.rules.instants import Instant

SIGNATURE_HEADER = "Makegood-Signature"
OLDEST_SECONDS = 300
"""What a receiver should still take: our retries are signed anew."""


def webhook_secret(key: str, url: str) -> str:
    """The secret that one address and we share; another address cannot work it out from its own."""
    return hmac.new(key.encode(), b"makegood webhook\n" + url.encode(), hashlib.sha256).hexdigest()


def signature(secret: str, key: str, at: Instant, body: bytes) -> str:
    """The header's value: `t=<epoch seconds>,k=<the key's name>,v1=<HMAC-SHA256 of "<t>.<body>", in hex>`."""
    return f"t={at},k={key},v1={_mac(secret, at, body)}"


def is_signed(header: str, secret: str, body: bytes, now: Instant) -> bool:
    """What a receiver checks; whether the header is ours, and of the last or next five minutes."""
    parts = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
    if not parts.get("t", "").isascii() or not parts.get("t", "").isdecimal():
        return False
    at = int(parts["t"])
    fresh = abs(now - at) <= OLDEST_SECONDS
    return fresh and hmac.compare_digest(parts.get("v1", "").encode(), _mac(secret, at, body).encode())


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet: no private network, no metadata service."""
    found = ip_address(address)
    inner = found.ipv4_mapped or found.sixtofour if isinstance(found, IPv6Address) else None
    return _is_global(found) and (inner is None or _is_global(inner))


def _is_global(address: IPv4Address | IPv6Address) -> bool:
    return address.is_global and not address.is_multicast


def _mac(secret: str, at: Instant, body: bytes) -> str:
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
