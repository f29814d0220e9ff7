"""The key that signs statements of a deployment in process: one message always has one signature."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from moto.kms.models import Key
from moto.kms.utils import ECDSAPrivateKey, KeySpec


class RepeatableKey(ECDSAPrivateKey):
    """The same key in every play, signing as RFC 6979 has it, so that a seed plays the same again."""

    def __init__(self) -> None:
        super().__init__(KeySpec.ECC_NIST_P256)
        self.private_key = ec.derive_private_key(20_260_101, ec.SECP256R1())

    def sign(self, message: bytes, signing_algorithm: str) -> bytes:
        assert signing_algorithm in self.valid_signing_algorithms
        return self.private_key.sign(message, ec.ECDSA(SHA256(), deterministic_signing=True))


def make_repeatable(key: Key) -> None:
    """Gives a key of moto this private key in place of its random one."""
    key.private_key = RepeatableKey()
