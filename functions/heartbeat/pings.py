"""The pings of tools that people already run. Their paths hold the token: no log may tell them."""

from __future__ import annotations

import json
from typing import Any

from aws_lambda_powertools import Logger

from answers import RETRY_AFTER_SECONDS
from makegood.gateway import request_instant, request_instant_up
from ping_requests import MAX_RECORD_BYTES, Ping, Request, read_ping, read_push
from presence import Arrival, Proof, Recorded, UnavailableError, Unproven, record_beat

METHODS = ("GET", "HEAD", "POST", "PUT")

Answer = dict[str, Any]
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
            return _text(404, "not found")
    except UnavailableError:
        logger.exception("a ping could not be recorded")
        return _again(_text(503, "try again"))
    if isinstance(request.said, str):
        return _text(400, request.said)
    answer = _text(200, "OK")
    answer["headers"]["Ping-Body-Limit"] = str(MAX_RECORD_BYTES)
    return answer


def _push(event: dict[str, Any]) -> Answer:
    request = read_push(event)
    try:
        if request is None or not _take(request, event):
            return _json(404, {"ok": False, "msg": "Monitor not found or not active."})
    except UnavailableError:
        logger.exception("a push could not be recorded")
        return _again(_json(503, {"ok": False, "msg": "Try again."}))
    if isinstance(request.said, str):
        return _json(404, {"ok": False, "msg": request.said})
    return _json(200, {"ok": True})


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
        answer = _text(200, "")
        allowed = {"Methods": ", ".join(METHODS), "Headers": "*"}
        answer["headers"] |= {f"Access-Control-Allow-{name}": value for name, value in allowed.items()}
        return answer
    if method not in METHODS:
        answer = _text(405, "method not allowed")
        answer["headers"]["Allow"] = ", ".join(METHODS)
        return answer
    return None


def _for_method(event: dict[str, Any], answer: Answer) -> Answer:
    return {**answer, "body": ""} if event["requestContext"]["http"]["method"] == "HEAD" else answer


def _text(status: int, body: str) -> Answer:
    return _answer(status, "text/plain", body)


def _json(status: int, body: dict[str, Any]) -> Answer:
    return _answer(status, "application/json", json.dumps(body, separators=(",", ":")))


def _again(answer: Answer) -> Answer:
    answer["headers"]["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return answer


def _answer(status: int, content_type: str, body: str) -> Answer:
    headers = {
        "Content-Type": content_type,
        "Access-Control-Allow-Origin": "*",
        "Cache-Control": "no-store",
    }
    return {"statusCode": status, "headers": headers, "body": body}
