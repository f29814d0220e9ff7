"""Every minute: a heartbeat of our own through the public API, the proof that agents can be heard."""

from __future__ import annotations

import hashlib
import urllib.error
import urllib.request
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from makegood.rules.tokens import SECRET_BYTES, make_token, token_hash
from makegood.secret_texts import secret_text
from makegood.settings import settings
from makegood.storage.canary import CLIENT, DEVICE, register
from makegood.storage.tables import bind_tables

ATTEMPTS = 2
ANSWER_SECONDS = 7
"""A little longer than the API itself waits for the heartbeat function."""

UNAUTHORIZED = 401

bind_tables(settings().devices_table, settings().records_table)
logger = Logger()


class CanaryError(Exception):
    """The canary was not heard: perhaps no agent is. Raised so that the alarm hears of it."""


@logger.inject_lambda_context(log_event=False)
def handler(_event: dict[str, Any], _context: LambdaContext) -> dict[str, int]:
    """Posts one heartbeat. A deployment's first one, or the first after its key changed, registers it."""
    token = _token()
    status = _beat(token)
    if status == UNAUTHORIZED:
        register(token_hash(token))
        logger.info("registered")
        status = _beat(token)
    if status != 200:
        raise CanaryError(f"the API answered {status} to the canary's heartbeat")
    return {"status": status}


def _token() -> str:
    """The token that the deployment's key makes: nobody has to enrol the canary, or be told its token."""
    key = secret_text(settings().canary_key_arn)
    return make_token(CLIENT, DEVICE, hashlib.sha256(key.encode()).digest()[:SECRET_BYTES])


def _beat(token: str) -> int:
    """The API's answer; what is no answer, or a failure on its side, is tried once more."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            status = post_heartbeat(settings().base_url, token)
        except OSError as error:
            if attempt == ATTEMPTS:
                raise CanaryError(f"the API did not answer: {error}") from error
            continue
        if status < 500 or attempt == ATTEMPTS:
            return status
    raise AssertionError("the last attempt returns or raises")


def post_heartbeat(base_url: str, token: str) -> int:
    """Posts one heartbeat as an agent does; the status of the answer. Raises OSError when there is none."""
    request = urllib.request.Request(  # noqa: S310 - the deployment's own address
        f"{base_url}/v1/heartbeat", data=b"", method="POST", headers={"Authorization": f"Bearer {token}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
