"""Holds a request or an answer against the description of the agents' API."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema_rs

from openapi_document import document

Json = dict[str, Any]

_EMPTY = {"HEAD", "OPTIONS"}


def allows(schema: str, value: Any) -> bool:
    """Whether the schema of this name allows the value."""
    return _is_valid({"$ref": f"#/components/schemas/{schema}"}, value)


def operation(method: str, path: str) -> Json | None:
    """What the description says of a request; None when it says nothing."""
    for template, item in document()["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path.rstrip("/")):
            found: Json | None = item.get(method.lower())
            return found
    return None


def differences(method: str, path: str, answer: Json) -> list[str]:
    """In what an answer is not as it is described."""
    described = operation(method, path)
    if described is None:
        return [] if answer["statusCode"] in (404, 405) else [f"{method} {path} is not described"]
    response = described["responses"].get(str(answer["statusCode"]))
    if response is None:
        return [f"{answer['statusCode']} is not described"]
    response = _followed(response)
    return [*_wrong_headers(response, answer["headers"]), *_wrong_body(method, response, answer)]


def _wrong_headers(response: Json, given: Json) -> list[str]:
    told = response.get("headers", {})
    unknown = given.keys() - told.keys() - {"Content-Type"}
    wrong = [
        name
        for name, header in told.items()
        if (header["required"] and name not in given) or not _is_valid(header["schema"], given.get(name, ""))
    ]
    return [f"header {name}" for name in [*unknown, *wrong]]


def _wrong_body(method: str, response: Json, answer: Json) -> list[str]:
    media_type = answer["headers"]["Content-Type"]
    content = response.get("content", {media_type: {}})
    if media_type not in content:
        return [f"media type {media_type}"]
    if method in _EMPTY or answer["statusCode"] == 304:
        return ["a body"] if answer["body"] else []
    body = json.loads(answer["body"]) if "json" in media_type else answer["body"]
    return [] if _is_valid(content[media_type]["schema"], body) else [f"body {body}"]


def _followed(response: Json) -> Json:
    name = response.get("$ref", "").rpartition("/")[2]
    found: Json = document()["components"]["responses"][name] if name else response
    return found


def _is_valid(schema: Json, value: Any) -> bool:
    whole = {**schema, "components": document()["components"]}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True).is_valid(value)
