"""A heartbeat of our own through the public API, as an agent posts it: the proof that agents can be heard."""

from __future__ import annotations

import hashlib
import urllib.error
import urllib.request

from makegood.rules.tokens import SECRET_BYTES, make_token
from makegood.secret_texts import secret_text
from makegood.settings import settings
from makegood.storage.canary import CLIENT, DEVICE

ANSWER_SECONDS = 7
"""A little longer than the API itself waits for the heartbeat function."""


def own_token() -> str:
    """The token that the deployment's key makes: nobody has to enrol the canary, or be told its token."""
    key = secret_text(settings().canary_key_arn)
    return make_token(CLIENT, DEVICE, hashlib.sha256(key.encode()).digest()[:SECRET_BYTES])


def post_heartbeat(token: str) -> int:
    """Posts one heartbeat as an agent does; the status of the answer. Raises OSError when there is none."""
    request = urllib.request.Request(  # noqa: S310 - the deployment's own address
        f"{settings().base_url}/v1/heartbeat",
        data=b"",
        method="POST",
        headers={"Authorization": f"Bearer {token}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
