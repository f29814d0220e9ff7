"""Statements signed by a key of the tests, and whether the operator's command calls them genuine."""

from __future__ import annotations

import base64
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from makegood.rules.facts import FactsError
from makegood.rules.proof import fingerprint, seal, signed_bytes
from makegood_cli.reading import UnreadableError
from makegood_cli.verifying import objections, parse_signed

KEY = ec.derive_private_key(20_260_301, ec.SECP256R1())
DER = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

Json = dict[str, Any]


def sealed(document: Json, key: ec.EllipticCurvePrivateKey = KEY) -> Json:
    """A statement with its facts as it would have been issued: the same signature each time."""
    how = ec.ECDSA(SHA256(), deterministic_signing=True)
    signature = base64.b64encode(key.sign(signed_bytes(document), how)).decode()
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return seal(document, fingerprint(der), signature)


def first_objection(document: Json) -> str:
    """What the command says first of a statement; empty when it is genuine."""
    try:
        return next(objections(document, KEY.public_key()), "")
    except FactsError as error:
        return f"facts.{error.problems[0]}"


def is_genuine(document: Json) -> bool:
    return not first_objection(document)


def is_genuine_text(text: bytes) -> bool:
    """The same of a file; what is refused as no statement is not genuine either."""
    try:
        return is_genuine(parse_signed(text.decode("utf-8-sig")))
    except (UnreadableError, UnicodeDecodeError):
        return False
