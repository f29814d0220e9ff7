"""Pieces of OpenAPI 3.1 that the descriptions of all routes are made of."""

from __future__ import annotations

import json
from typing import Any

Json = dict[str, Any]

GATEWAY: Json = {
    "type": "object",
    "description": "What API Gateway says by itself, without having asked Makegood.",
    "required": ["message"],
    "properties": {"message": {"type": "string"}},
}
_GATEWAY_MESSAGE: Json = {"$ref": "#/components/schemas/GatewayMessage"}
_GATEWAY_CONTENT: Json = {"application/json": {"schema": _GATEWAY_MESSAGE}}

_BY_GATEWAY: Json = {
    status: {"$ref": f"#/components/responses/gateway{status}"} for status in ("413", "429", "500", "503")
}


def ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def closed(properties: Json, required: list[str] | None = None) -> Json:
    """An object with these properties and no others; all are required unless `required` names fewer."""
    return {
        "type": "object",
        "required": list(properties) if required is None else required,
        "properties": properties,
        "additionalProperties": False,
    }


def whole(pattern: str) -> str:
    """A pattern of Python that a text has to match as a whole, as JSON Schema writes it."""
    return f"^(?:{pattern})$"


def described(answer: Json, says: str, schema: Json) -> Json:
    """A response, whose media type, headers and example are those of an answer that the code gives."""
    given = dict(answer["headers"])
    media_type = given.pop("Content-Type")
    example = json.loads(answer["body"]) if "json" in media_type else answer["body"]
    return {
        "description": says,
        "headers": {name: _header(value) for name, value in given.items()},
        "content": {media_type: {"schema": schema, "example": example}},
    }


def without_body(response: Json) -> Json:
    """The same response as HEAD and OPTIONS are given it."""
    return {**response, "content": {media_type: {} for media_type in response["content"]}}


def or_gateway(response: Json) -> Json:
    """A response that API Gateway also gives by itself, without our headers."""
    headers = {name: {**header, "required": False} for name, header in response["headers"].items()}
    content = {**_GATEWAY_CONTENT, **response["content"]}
    own = response["content"].get("application/json")
    if own is not None:
        content["application/json"] = {**own, "schema": {"anyOf": [own["schema"], _GATEWAY_MESSAGE]}}
    return {**response, "headers": headers, "content": content}


def or_by_gateway(responses: Json) -> Json:
    """The responses of a route, and those that API Gateway gives on any route."""
    return dict(sorted({**_BY_GATEWAY, **responses}.items()))


def gateway_responses() -> Json:
    """What API Gateway answers by itself, by the names that responses refer to."""
    causes = {
        "413": "The request is larger than API Gateway takes.",
        "429": "Too many requests; try again after a moment.",
        "500": "Makegood failed; try again after a moment.",
        "503": "Makegood cannot be reached; try again after a moment.",
    }
    return {
        f"gateway{status}": {"description": says, "content": _GATEWAY_CONTENT}
        for status, says in causes.items()
    }


def _header(value: str) -> Json:
    return {"required": True, "schema": {"type": "string", "const": value}}
