"""The pings of tools that people already run. Their paths hold the token: no log may tell them."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger

from makegood.gateway import request_instant, request_instant_up
from ping_answers import (
    METHODS,
    Answer,
    not_allowed,
    ping_senseless,
    ping_taken,
    ping_unavailable,
    ping_unknown,
    preflight,
    push_senseless,
    push_taken,
    push_unavailable,
    push_unknown,
)
from ping_requests import Ping, Request, read_ping, read_push
from presence import Arrival, Proof, Recorded, UnavailableError, Unproven, record_beat

logger = Logger(child=True)


def answer_ping(event: dict[str, Any]) -> Answer:
    """`ANY /ping/{proxy+}`, as Healthchecks answers."""
    return _unless_method_says_all(event) or _for_method(event, _ping(event))


def answer_push(event: dict[str, Any]) -> Answer:
    """`ANY /api/push/{proxy+}`, as Uptime Kuma answers."""
    return _unless_method_says_all(event) or _for_method(event, _push(event))


def _ping(event: dict[str, Any]) -> Answer:
    request = read_ping(event)
    try:
        if request is None or not _take(request, event):
            return ping_unknown()
    except UnavailableError:
        logger.exception("a ping could not be recorded")
        return ping_unavailable()
    return ping_senseless(request.said) if isinstance(request.said, str) else ping_taken()


def _push(event: dict[str, Any]) -> Answer:
    request = read_push(event)
    try:
        if request is None or not _take(request, event):
            return push_unknown()
    except UnavailableError:
        logger.exception("a push could not be recorded")
        return push_unavailable()
    return push_senseless(request.said) if isinstance(request.said, str) else push_taken()


def _take(request: Request, event: dict[str, Any]) -> bool:
    """Records it; False when the token is nobody's. The success of a device that is up is one write."""
    token, said = request.token, request.said
    arrival = Arrival(at=request_instant(event), at_up=request_instant_up(event))
    proof = Proof(token.hash, by_token=True)
    if isinstance(said, Ping) and said.action == "success":
        outcome = record_beat(token.client, token.device, proof, arrival)
        if isinstance(outcome, Recorded | Unproven):
            return isinstance(outcome, Recorded)
    from ping_records import take_ping  # noqa: PLC0415 - the hot path does not pay for PynamoDB

    return take_ping(token, proof, said, arrival)


def _unless_method_says_all(event: dict[str, Any]) -> Answer | None:
    """A browser's question whether it may ask, and methods that are no ping: nothing is recorded."""
    method = event["requestContext"]["http"]["method"]
    if method == "OPTIONS":
        return preflight()
    return None if method in METHODS else not_allowed()


def _for_method(event: dict[str, Any], answer: Answer) -> Answer:
    return {**answer, "body": ""} if event["requestContext"]["http"]["method"] == "HEAD" else answer
