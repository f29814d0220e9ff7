"""Describes the pings and pushes of tools that people already run, by what reads and answers them."""

from __future__ import annotations

import json

from makegood.rules.tokens import TOKEN
from openapi_parts import Json, closed, described, or_by_gateway, or_gateway, whole, without_body
from ping_answers import (
    METHODS,
    ping_senseless,
    ping_taken,
    ping_unavailable,
    ping_unknown,
    preflight,
    push_taken,
    push_unavailable,
    push_unknown,
)
from ping_requests import (
    ACTIONS,
    IMPOSSIBLE_RESPONSE_TIME,
    IMPOSSIBLE_RUN,
    IMPOSSIBLE_STATUS,
    LARGEST_EXIT_STATUS,
    LARGEST_PUSH_PING,
    MAX_RECORD_BYTES,
    UUID,
)

_WITH_BODY = ("POST", "PUT")

_PING_SAYS = """\
Of a device, success is a heartbeat and failure opens an incident at once. Of a practice feed, both are the
evidence of its practice, with the end of the body as its record. It is the same by each method; others are
answered 405. A slash after the token changes nothing. Checked in this order: token, exit status, `rid`."""

_SUFFIX_SAYS = f"""\
`start`: a job has started. `fail`: it failed. `log`: the body is kept for people to read, nothing else
changes. A number: the job's exit status, where 0 is success, up to {LARGEST_EXIT_STATUS} a failure, and above
that a mistake (400)."""

_PUSH_SAYS = """\
As Uptime Kuma's push monitors are called. `status` says whether it is a success or a failure; they mean what
those of a ping mean. The body is ignored, and so is a trailing slash. Other methods are answered 405."""

_TOKEN: Json = {
    "name": "token",
    "in": "path",
    "required": True,
    "description": "The token of a device or of a practice feed. A secret: keep such paths out of logs.",
    "schema": {"type": "string", "pattern": whole(TOKEN)},
}
_SUFFIX: Json = {
    "name": "suffix",
    "in": "path",
    "required": True,
    "description": _SUFFIX_SAYS,
    "schema": {
        "anyOf": [
            {"type": "string", "enum": list(ACTIONS)},
            {"type": "integer", "minimum": 0, "maximum": LARGEST_EXIT_STATUS},
        ]
    },
}
_RID: Json = {
    "name": "rid",
    "in": "query",
    "description": "The run, which joins a start with its end. Other parameters are ignored.",
    "schema": {"type": "string", "format": "uuid", "pattern": whole(UUID.replace("a-f", "a-fA-F"))},
}
_QUERY_OF_PUSH: list[Json] = [
    {
        "name": "status",
        "in": "query",
        "description": "`up`, empty or missing: success. Anything else: failure.",
        "schema": {"type": "string", "default": "up"},
    },
    {
        "name": "msg",
        "in": "query",
        "description": "What happened, for people to read.",
        "schema": {"type": "string"},
    },
    {
        "name": "ping",
        "in": "query",
        "description": "A response time in milliseconds, checked and not kept: the number it begins with, "
        "if any.",
        "allowEmptyValue": True,
        "schema": {"type": "number", "minimum": 0, "maximum": LARGEST_PUSH_PING},
    },
]
_RECORD: Json = {
    "required": False,
    "description": f"What the job printed, of any type. The last {MAX_RECORD_BYTES} bytes count.",
    "content": {"*/*": {}},
}


def ping_paths() -> Json:
    return {
        "/ping/{token}": _path("ping", "A job or a device reports success", _PING_SAYS, [_TOKEN, _RID]),
        "/ping/{token}/{suffix}": _path(
            "pingWith", "A job or a device reports what the suffix says", _PING_SAYS, [_TOKEN, _SUFFIX, _RID]
        ),
        "/api/push/{token}": _path(
            "push", "A device or a practice feed is up or down", _PUSH_SAYS, [_TOKEN, *_QUERY_OF_PUSH]
        ),
    }


def _path(name: str, summary: str, says: str, parameters: list[Json]) -> Json:
    kind = "push" if name == "push" else "ping"
    operations = {
        method.lower(): {
            "operationId": f"{name}By{method.capitalize()}",
            "summary": summary,
            "security": [],
            **({"requestBody": _RECORD} if method in _WITH_BODY else {}),
            "responses": _responses(kind, method),
        }
        for method in METHODS
    }
    return {"description": says, "parameters": parameters, **operations, "options": _options(name)}


def ping_responses() -> Json:
    """The answers to pings and pushes, by the names under which their operations refer to them."""
    return {
        f"{kind}{status}": response
        for kind, responses in _RESPONSES.items()
        for status, response in responses.items()
    }


def _responses(kind: str, method: str) -> Json:
    """HEAD is answered as the others are, without a body."""
    own = _RESPONSES[kind]
    if method == "HEAD":
        return or_by_gateway({status: without_body(response) for status, response in own.items()})
    return or_by_gateway({status: {"$ref": f"#/components/responses/{kind}{status}"} for status in own})


def _ping_responses() -> Json:
    def text(*allowed: str) -> Json:
        return {"type": "string", "enum": list(allowed)}

    return {
        "200": described(ping_taken(), "Taken.", text("OK")),
        "400": described(
            ping_senseless(IMPOSSIBLE_STATUS),
            "The exit status or `rid` is impossible; nothing is recorded.",
            text(IMPOSSIBLE_STATUS, IMPOSSIBLE_RUN),
        ),
        "404": or_gateway(
            described(
                ping_unknown(),
                "The token is malformed, wrong or of nobody, or there is no such suffix.",
                text("not found"),
            )
        ),
        "503": or_gateway(
            described(ping_unavailable(), "It may not be recorded. Send it again.", text("try again"))
        ),
    }


def _push_responses() -> Json:
    unknown, again = push_unknown(), push_unavailable()
    return {
        "200": described(push_taken(), "Taken.", _fixed(ok=[True])),
        "404": or_gateway(
            described(
                unknown,
                "The token is malformed, wrong or of nobody, or `ping` is impossible.",
                _fixed(ok=[False], msg=[_message(unknown), IMPOSSIBLE_RESPONSE_TIME]),
            )
        ),
        "503": or_gateway(
            described(
                again, "It may not be recorded. Send it again.", _fixed(ok=[False], msg=[_message(again)])
            )
        ),
    }


def _fixed(**fields: list[object]) -> Json:
    """An object of these fields, each with the values that it can have."""
    return closed({name: {"enum": allowed} for name, allowed in fields.items()})


def _message(answer: Json) -> str:
    return str(json.loads(answer["body"])["msg"])


def _options(name: str) -> Json:
    return {
        "operationId": f"{name}Preflight",
        "summary": "A browser asks whether it may",
        "security": [],
        "responses": or_by_gateway(
            {"200": without_body(described(preflight(), "It may. Nothing is recorded.", {}))}
        ),
    }


_RESPONSES = {"ping": _ping_responses(), "push": _push_responses()}
