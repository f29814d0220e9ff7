"""One heartbeat to the server, and what its answer means."""

from __future__ import annotations

import json
import re
import ssl
from contextlib import suppress
from typing import Any
from urllib import request as web
from urllib.error import HTTPError

from makegood_agent.timing import clock
from makegood_agent.web import is_loopback, opener

ANSWER_BYTES = 64 * 1024
TRUST_SECONDS = 3600.0


class HeartbeatError(Exception):
    """Why a heartbeat was not accepted, and when another attempt makes sense."""

    def __init__(self, message: str, status: int = 0, retry_after_seconds: float = 0) -> None:
        super().__init__(message)
        self.status = status
        self.retry_soon = status in {0, 408, 425, 429} or status >= 500
        self.retry_after_seconds = retry_after_seconds


def json_object(text: bytes) -> dict[str, Any]:
    """The object in a JSON text; garbage holds none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    return value if isinstance(value, dict) else {}


def problem_text(error: HTTPError) -> str:
    """What the members of a problem document say, or else the status line."""
    text = b""
    with suppress(Exception):  # the status is known and decides, even when the rest never comes
        text = error.read(ANSWER_BYTES)
    said = {key: value for key, value in json_object(text).items() if key not in {"type", "status"}}
    members = (f"{key}: {each if isinstance(each, str) else json.dumps(each)}" for key, each in said.items())
    return "; ".join(members) or str(error.reason)


def refusal(error: HTTPError) -> HeartbeatError:
    message = f"the server answered {error.code}: {problem_text(error)}"
    if error.code == 401:
        message = (
            "the server does not accept the token (401): give this agent the device's current one, or a new "
        )
        message += "one from: makegood device rotate CLIENT DEVICE"
    elif 300 <= error.code < 400:
        target = error.headers.get("Location", "nowhere")
        message = f"the server redirects ({error.code}) to {target}, which is not followed: correct --url"
    seconds = re.fullmatch("[0-9]{1,9}", error.headers.get("Retry-After", ""))
    return HeartbeatError(message, error.code, float(seconds.group()) if seconds else 0)


class Trust:
    """The system's certificates. To read them takes longer than all else of a beat: they are kept for an
    hour, or until no answer comes, since they may have changed."""

    def __init__(self) -> None:
        self.known: tuple[float, ssl.SSLContext] | None = None

    def context(self) -> ssl.SSLContext:
        known = self.known
        if known is None or not 0 <= clock() - known[0] < TRUST_SECONDS:
            known = self.known = (clock(), ssl.create_default_context())
        return known[1]

    def forget(self) -> None:
        self.known = None


trust = Trust()


def post(url: str, token: str, body: dict[str, Any], seconds: float) -> dict[str, Any]:
    """The answer to one heartbeat. A refusal is a HeartbeatError; a fault on the way can be any exception."""
    request = web.Request(f"{url}/v1/heartbeat", json.dumps(body).encode())  # noqa: S310 - parse_web checked it
    request.add_header("Authorization", f"Bearer {token}")
    request.add_header("Content-Type", "application/json")
    request.add_header("User-Agent", "makegood-agent")
    server = opener(trust.context(), direct=is_loopback(url))
    try:
        with server.open(request, timeout=seconds) as response:
            answer = json_object(response.read(ANSWER_BYTES))
    except HTTPError as error:
        with error:
            raise refusal(error) from None
    except Exception:
        trust.forget()
        raise
    if "received_at" not in answer:
        raise HeartbeatError("the answer is not Makegood's: is --url right, or did something else answer?")
    return answer


def refused_names(answer: dict[str, Any]) -> list[str]:
    refused = answer.get("refused")
    entries = refused if isinstance(refused, list) else []
    return sorted(
        " ".join(map(str, each.values())) if isinstance(each, dict) else str(each) for each in entries
    )
