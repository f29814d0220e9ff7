"""What makes a statement checkable by whoever holds it: digests of its parts, and its lines recomputed.

A statement as stored and mailed is one JSON object: the statement's own fields, its `facts`, and the `proof`.
Three parts have a digest: `terms` (the contract in the facts), `facts`, and `statement` (all fields but
facts and proof). What is signed is the canonical form of client, period, `as_of` and the three digests.
"""

from __future__ import annotations

import base64
import hashlib
import json
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, Final

from makegood.rules.statements import compute

Json = dict[str, Any]

ALGORITHM: Final = "ECDSA_SHA_256"
"""ECDSA on the curve P-256 over SHA-256, the signature in DER."""

_ABSENT = object()


def canonical(value: object) -> bytes:
    """One line of JSON in ASCII, without spaces, its keys in the order they came in, and a line feed.

    The keys are not sorted: the order of the practices in a contract is their order on the statement.
    `jq -ca .facts statement.json` prints the same.
    """
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def digests(document: Mapping[str, Any]) -> dict[str, str]:
    """The SHA-256 of each part of a statement with its facts, in hexadecimal."""
    parts = {
        "terms": document["facts"]["contract"],
        "facts": document["facts"],
        "statement": {key: document[key] for key in document if key not in ("facts", "proof")},
    }
    return {name: hashlib.sha256(canonical(part)).hexdigest() for name, part in parts.items()}


def fingerprint(key: bytes) -> str:
    """What a statement names its key by: the SHA-256 of the public key (DER), in hexadecimal."""
    return hashlib.sha256(key).hexdigest()


def pem(key: bytes) -> str:
    """A public key (DER) in the form that other programs read."""
    lines = textwrap.fill(base64.b64encode(key).decode(), 64)
    return f"-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----\n"


def signed_bytes(document: Mapping[str, Any]) -> bytes:
    """What the signature of a statement with its facts signs."""
    named = {key: document[key] for key in ("client", "period", "as_of")}
    return canonical({**named, "sha256": digests(document)})


def seal(document: Mapping[str, Any], key: str, signature: str) -> Json:
    """The statement with its proof: `key` is the SHA-256 of the public key (DER), `signature` is base64."""
    proof = {"sha256": digests(document), "algorithm": ALGORITHM, "key": key, "signature": signature}
    return {**document, "proof": proof}


def first_difference(document: Mapping[str, Any]) -> str | None:
    """The first line of a statement that its facts do not bear out, and what they come to; None when all are.

    Raises FactsError when the facts are none that the accounting takes.
    """
    said = {key: document[key] for key in document if key not in ("facts", "proof")}
    return next(_differences("", said, compute(document["facts"])), None)


def changed_parts(document: Mapping[str, Any]) -> tuple[str, ...]:
    """The parts whose digest is not the one in the proof."""
    sealed = document["proof"]["sha256"]
    return tuple(name for name, digest in digests(document).items() if sealed.get(name) != digest)


def unsigned_fields(document: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields of the proof that no proof has: no signature holds what they say."""
    proof, known = document["proof"], seal(document, "", "")["proof"]
    digested = (f"sha256.{part}" for part in proof["sha256"] if part not in known["sha256"])
    return (*(field for field in proof if field not in known), *digested)


def _differences(path: str, said: object, found: object) -> Iterator[str]:
    if isinstance(said, dict) and isinstance(found, dict):
        for key in [*found, *(key for key in said if key not in found)]:
            here = f"{path}.{key}" if path else key
            yield from _differences(here, said.get(key, _ABSENT), found.get(key, _ABSENT))
    elif isinstance(said, list) and isinstance(found, list):
        for place in range(max(len(said), len(found))):
            here = f"{path}[{place}]"
            yield from _differences(here, _item(said, place), _item(found, place))
    elif not _is_same(said, found):
        yield f"{path}: the statement says {_written(said)}, its facts come to {_written(found)}"


def _item(values: list[Any], place: int) -> object:
    return values[place] if place < len(values) else _ABSENT


def _is_same(said: object, found: object) -> bool:
    """In JSON 1, 1.0 and true are three things."""
    return type(said) is type(found) and said == found


def _written(value: object) -> str:
    return "nothing" if value is _ABSENT else json.dumps(value)
