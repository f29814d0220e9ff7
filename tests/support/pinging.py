"""Sends a ping to the handler as API Gateway hands it on."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from heartbeat import handler
from makegood_simulator.events import Context, api_request
from support.cast import START, a_token

ROUTES = {"/ping/": "ANY /ping/{proxy+}", "/api/push/": "ANY /api/push/{proxy+}"}


def request(method: str, path: str, at: float = START, body: bytes | str = b"", **how: Any) -> dict[str, Any]:
    """What the function answers; bytes come as base64, as API Gateway sends what is no text."""
    text = b64encode(body).decode() if isinstance(body, bytes) else body
    route = next(route for start, route in ROUTES.items() if path.startswith(start))
    event = api_request(
        method, path, at=at, body=text or None, base64=isinstance(body, bytes), route=route, **how
    )
    answer: dict[str, Any] = handler(event, Context())
    return answer


def ping(device: str, suffix: str = "", at: float = START, body: bytes | str = b"") -> None:
    """A ping that has to succeed."""
    answer = request("POST", f"/ping/{a_token(device)}{suffix}", at=at, body=body)
    assert (answer["statusCode"], answer["body"]) == (200, "OK")
