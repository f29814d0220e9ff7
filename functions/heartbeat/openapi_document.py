"""The description of the agents' API, made of what the code reads by and answers with; and its own route."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import Any

from makegood.gateway import request_header
from openapi_heartbeat import heartbeat_path, heartbeat_schemas
from openapi_parts import GATEWAY, Json, described, gateway_responses, or_by_gateway
from openapi_pings import ping_paths, ping_responses

_SAYS = """\
How agents and the tools that people already run tell Makegood that devices are alive and practices done.

A token, `<client>.<device>.<secret>`, is printed once, when a device or a practice feed is enrolled. What is
malformed, wrong, expired or of nobody is answered alike.

Try again, with growing pauses, after 429, 500 and 503 and when nothing is answered; `Retry-After` says in how
many seconds. Paths that are not described here are answered 404."""


@cache
def document() -> Json:
    """The whole description, as OpenAPI 3.1."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Makegood, the agents' API",
            "version": "1",
            "description": _SAYS,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": {"/v1/heartbeat": heartbeat_path(), **ping_paths(), "/v1/openapi.json": _own_path()},
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "device token"}
            },
            "schemas": {**heartbeat_schemas(), "GatewayMessage": GATEWAY},
            "responses": {**ping_responses(), **gateway_responses()},
        },
    }


def answer_document(event: dict[str, Any]) -> dict[str, Any]:
    """Answers `GET /v1/openapi.json`; 304 to whoever has it already."""
    answer = _answer()
    known = request_header(event, "if-none-match")
    if answer["headers"]["ETag"] in known:
        return {**answer, "statusCode": 304, "body": ""}
    return answer


@cache
def _answer() -> dict[str, Any]:
    return _with_headers(json.dumps(document(), separators=(",", ":")))


def _with_headers(body: str) -> dict[str, Any]:
    return {
        "statusCode": 200,
        "headers": {
            "Content-Type": "application/json",
            "Access-Control-Allow-Origin": "*",
            "Cache-Control": "public, max-age=3600",
            "ETag": f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"',
        },
        "body": body,
    }


def _own_path() -> Json:
    says = "This description."
    found = described(_with_headers("{}"), says, {"type": "object", "required": ["openapi", "paths"]})
    del found["content"]["application/json"]["example"]
    found["headers"]["ETag"] = {"required": True, "schema": {"type": "string"}}
    known = {"description": "It is the one that `If-None-Match` names.", "headers": found["headers"]}
    return {
        "get": {
            "operationId": "description",
            "summary": says,
            "security": [],
            "parameters": [{"name": "If-None-Match", "in": "header", "schema": {"type": "string"}}],
            "responses": or_by_gateway({"200": found, "304": known}),
        }
    }
