"""What an issued statement says of its signature: the key's fingerprint, and where the key is to be had."""

from __future__ import annotations

from makegood.mail.statement_month import Json
from makegood.settings import settings


def proof_words(statement: Json) -> str:
    """Empty for a statement that is not signed (yet)."""
    proof = statement.get("proof")
    if proof is None:
        return ""
    key = proof["key"]
    where = f" It is at {key_url(key)}." if settings().base_url else ""
    fingerprint = f"The public key that checks it has the SHA-256 fingerprint {shown(key)}."
    return f"The JSON file is signed. {fingerprint}{where}"


def key_url(fingerprint: str) -> str:
    """Where anybody finds a public key, without a link of their own."""
    return f"{settings().base_url}/live/keys/{fingerprint}"


def shown(fingerprint: str) -> str:
    """In groups of eight, for people who compare it by eye."""
    return " ".join(fingerprint[place : place + 8] for place in range(0, len(fingerprint), 8))
