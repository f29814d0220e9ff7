"""The public keys that statements were ever signed with, for whoever checks one."""

from __future__ import annotations

import re
from typing import Final

from makegood.storage.records import KEYS, PublicKey
from makegood.storage.writes import put_if

FINGERPRINT: Final = re.compile("[0-9a-f]{64}")


def publish_key(fingerprint: str, pem: str) -> None:
    """Keeps the key for good: an old statement is checked with the key of its day."""
    put_if(PublicKey(KEYS, fingerprint, pem=pem), PublicKey.sk.does_not_exist())


def published_key(fingerprint: str) -> str | None:
    """The key in PEM; None when no statement was signed with it, or this is no fingerprint."""
    if not FINGERPRINT.fullmatch(fingerprint):
        return None
    try:
        return str(PublicKey.get(KEYS, fingerprint).pem)
    except PublicKey.DoesNotExist:
        return None
