"""Signs statements with the deployment's key, which never leaves KMS."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import cache

from makegood import aws
from makegood.rules.proof import ALGORITHM, fingerprint
from makegood.settings import settings


@dataclass(frozen=True)
class Signature:
    """`key` is the fingerprint of the public key that verifies it, `text` the signature in base64."""

    key: str
    text: str


def sign(message: bytes) -> Signature:
    """Signs a message of at most 4,096 bytes. Raises botocore's ClientError when KMS refuses."""
    answer = aws.kms().sign(
        KeyId=settings().signing_key_arn, Message=message, MessageType="RAW", SigningAlgorithm=ALGORITHM
    )
    return Signature(fingerprint(public_key()), base64.b64encode(answer["Signature"]).decode())


@cache
def public_key() -> bytes:
    """The public key of this deployment, as DER (SubjectPublicKeyInfo)."""
    return aws.kms().get_public_key(KeyId=settings().signing_key_arn)["PublicKey"]
