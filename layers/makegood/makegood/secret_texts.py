"""Secrets of Secrets Manager, each asked for again after a few minutes: one that changed is soon in use."""

from __future__ import annotations

import time
from typing import Final

from makegood import aws

MAX_AGE_SECONDS: Final = 300

_known: Final[dict[str, tuple[float, str]]] = {}


def secret_text(arn: str) -> str:
    """The secret as it is, or was less than MAX_AGE_SECONDS ago. Raises botocore's errors."""
    asked_at, text = _known.get(arn, (None, ""))
    if asked_at is None or time.monotonic() - asked_at >= MAX_AGE_SECONDS:
        asked_at, text = time.monotonic(), aws.secretsmanager().get_secret_value(SecretId=arn)["SecretString"]
        _known[arn] = asked_at, text
    return text


def forget_secrets() -> None:
    """Asks for each anew, as a new process does."""
    _known.clear()
