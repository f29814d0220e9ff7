"""The token of a device: `<client>.<device>.<secret>`, whose checksum tells nonsense before any look-up."""

from __future__ import annotations

import hashlib
import re
from base64 import b32encode
from typing import NamedTuple

from makegood.rules.names import CLIENT, DEVICE

SECRET_BYTES = 20
_SECRET_LENGTH = 32
_CHECKSUM_LENGTH = 6

TOKEN = rf"({CLIENT})\.({DEVICE})\.([a-z2-7]{{{_SECRET_LENGTH + _CHECKSUM_LENGTH}}})"
"""What a token looks like, but for its checksum."""

_TOKEN = re.compile(TOKEN)


class Token(NamedTuple):
    """What a well-formed token says; `hash` is all that is ever stored of it."""

    client: str
    device: str
    hash: str


def make_token(client: str, device: str, secret: bytes) -> str:
    """The token of a device from 20 random bytes; it can stand in a path or a header as it is."""
    if len(secret) != SECRET_BYTES:
        raise ValueError(f"a token's secret has {SECRET_BYTES} bytes, not {len(secret)}")
    body = f"{client}.{device}.{b32encode(secret).decode().lower()}"
    return body + _checksum(body)


def parse_token(text: str) -> Token | None:
    """The token, or None when it cannot be one: mistyped, cut off, made up."""
    match = _TOKEN.fullmatch(text)
    if match is None or _checksum(text[:-_CHECKSUM_LENGTH]) != text[-_CHECKSUM_LENGTH:]:
        return None
    return Token(match[1], match[2], token_hash(text))


def token_hash(text: str) -> str:
    """SHA-256 of the whole token, in hex: with 160 random bits inside, it needs no salt and no slow hash."""
    return hashlib.sha256(text.encode()).hexdigest()


def _checksum(body: str) -> str:
    return (
        b32encode(hashlib.sha256(f"makegood token {body}".encode()).digest())
        .decode()
        .lower()[:_CHECKSUM_LENGTH]
    )
