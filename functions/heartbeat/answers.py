"""What agents are answered: JSON, and problems as RFC 9457."""

from __future__ import annotations

import json
from typing import Any

from body import MAX_BODY_BYTES
from makegood.rules.instants import Instant, format_instant

RETRY_AFTER_SECONDS = 5


def heartbeat_answer(now: Instant, due_at: Instant, refused: list[str]) -> dict[str, Any]:
    body = {"received_at": format_instant(now), "due_at": format_instant(due_at), "refused": refused}
    return _answer(200, "application/json", body)


def unauthorized() -> dict[str, Any]:
    """The same for a token that is missing, malformed, wrong or of nobody: nothing can be learned from it."""
    return _problem(
        401, "The token is not valid", "Send `Authorization: Bearer <token>` with the device's token."
    )


def bad_body(errors: list[dict[str, str]]) -> dict[str, Any]:
    detail = "The heartbeat is recorded, its body is not. Correct the fields named in errors."
    return _problem(400, "The body is not valid", detail, errors=errors)


def too_large() -> dict[str, Any]:
    detail = f"The heartbeat is recorded, its body is not: send at most {MAX_BODY_BYTES} bytes."
    return _problem(413, "The body is too large", detail)


def unavailable() -> dict[str, Any]:
    problem = _problem(503, "Try again", "The heartbeat may not be recorded. Send it again.")
    problem["headers"]["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return problem


def _problem(status: int, title: str, detail: str, **more: Any) -> dict[str, Any]:
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    answer = _answer(status, "application/problem+json", body)
    if status == 401:
        answer["headers"]["WWW-Authenticate"] = "Bearer"
    return answer


def _answer(status: int, content_type: str, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {"Content-Type": content_type, "Cache-Control": "no-store"},
        "body": json.dumps(body),
    }
