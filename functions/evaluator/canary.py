"""Every minute: a heartbeat of our own through the public API, the proof that agents can be heard."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

import own_beat
from makegood.rules.tokens import token_hash
from makegood.settings import settings
from makegood.storage.canary import register
from makegood.storage.tables import bind_tables

ATTEMPTS = 2
UNAUTHORIZED = 401

bind_tables(settings().devices_table, settings().records_table)
logger = Logger()


class CanaryError(Exception):
    """The canary was not heard: perhaps no agent is. Raised so that the alarm hears of it."""


@logger.inject_lambda_context(log_event=False)
def handler(_event: dict[str, Any], _context: LambdaContext) -> dict[str, int]:
    """Posts one heartbeat. A deployment's first one, or the first after its key changed, registers it."""
    token = own_beat.own_token()
    status = _beat(token)
    if status == UNAUTHORIZED:
        register(token_hash(token))
        logger.info("registered")
        status = _beat(token)
    if status != 200:
        raise CanaryError(f"the API answered {status} to the canary's heartbeat")
    return {"status": status}


def _beat(token: str) -> int:
    """The API's answer; what is no answer, or a failure on its side, is tried once more."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            status = own_beat.post_heartbeat(token)
        except OSError as error:
            if attempt == ATTEMPTS:
                raise CanaryError(f"the API did not answer: {error}") from error
            continue
        if status < 500 or attempt == ATTEMPTS:
            return status
    raise AssertionError("the last attempt returns or raises")
