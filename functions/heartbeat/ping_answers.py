"""What pings are answered, as Healthchecks does, and pushes, as Uptime Kuma does."""

from __future__ import annotations

import json
from typing import Any

from answers import RETRY_AFTER_SECONDS
from ping_requests import MAX_RECORD_BYTES

METHODS = ("GET", "HEAD", "POST", "PUT")

Answer = dict[str, Any]


def ping_taken() -> Answer:
    answer = _text(200, "OK")
    answer["headers"]["Ping-Body-Limit"] = str(MAX_RECORD_BYTES)
    return answer


def ping_senseless(why: str) -> Answer:
    return _text(400, why)


def ping_unknown() -> Answer:
    return _text(404, "not found")


def ping_unavailable() -> Answer:
    return _again(_text(503, "try again"))


def push_taken() -> Answer:
    return _json(200, {"ok": True})


def push_senseless(why: str) -> Answer:
    return _json(404, {"ok": False, "msg": why})


def push_unknown() -> Answer:
    return push_senseless("Monitor not found or not active.")


def push_unavailable() -> Answer:
    return _again(_json(503, {"ok": False, "msg": "Try again."}))


def preflight() -> Answer:
    """To a browser that asks whether it may."""
    answer = _text(200, "")
    allowed = {"Methods": ", ".join(METHODS), "Headers": "*"}
    answer["headers"] |= {f"Access-Control-Allow-{name}": value for name, value in allowed.items()}
    return answer


def not_allowed() -> Answer:
    answer = _text(405, "method not allowed")
    answer["headers"]["Allow"] = ", ".join(METHODS)
    return answer


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
