"""Reads the ping calls of Healthchecks and the push calls of Uptime Kuma."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from makegood.rules.tokens import Token, parse_token
from makegood.texts import clean_text

MAX_RECORD_BYTES = 10_000
LARGEST_EXIT_STATUS = 255
LARGEST_PUSH_PING = 100_000_000_000

ACTIONS = ("start", "fail", "log")
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
IMPOSSIBLE_STATUS = "invalid url format"
IMPOSSIBLE_RUN = "invalid uuid format"
IMPOSSIBLE_RESPONSE_TIME = f"Invalid ping value. Must be between 0 and {LARGEST_PUSH_PING} ms."

_PING = re.compile(rf"/ping/([^/]+)(?:/|/({'|'.join(ACTIONS)}|[0-9]+))?")
_PUSH = re.compile(r"/api/push/([^/]+)/?")
_UUID = re.compile(UUID)
_LEADING_NUMBER = re.compile(r"\s*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?Infinity)")

Event = dict[str, Any]


@dataclass(frozen=True)
class Ping:
    """What a job says: `success`, `fail`, `start` or `log`, in which run, and the end of what it printed."""

    action: str
    rid: str = ""
    exit_status: int | None = None
    record: str = ""


@dataclass(frozen=True)
class Request:
    """A well-formed token and what it says; a text when that makes no sense, which only its owner is told."""

    token: Token
    said: Ping | str


def read_ping(event: Event) -> Request | None:
    """What was asked of `/ping/`; None when there can be nothing at this path."""
    match = _PING.fullmatch(event["rawPath"])
    token = parse_token(match[1]) if match else None
    if match is None or token is None:
        return None
    suffix = match[2] or "success"
    exit_status = int(suffix.lstrip("0")[:9] or "0") if suffix.isdigit() else None
    if exit_status is not None and exit_status > LARGEST_EXIT_STATUS:
        return Request(token, IMPOSSIBLE_STATUS)
    rid = _query(event).get("rid")
    if rid is not None and not _UUID.fullmatch(rid.lower()):
        return Request(token, IMPOSSIBLE_RUN)
    action = suffix if exit_status is None else "fail" if exit_status else "success"
    return Request(token, Ping(action, (rid or "").lower(), exit_status, _end_of_body(event)))


def read_push(event: Event) -> Request | None:
    """What was asked of `/api/push/`, whose body is ignored; None when there can be nothing at this path."""
    match = _PUSH.fullmatch(event["rawPath"])
    token = parse_token(match[1]) if match else None
    if token is None:
        return None
    query = _query(event)
    if not _is_possible(query.get("ping", "")):
        return Request(token, IMPOSSIBLE_RESPONSE_TIME)
    action = "success" if (query.get("status") or "up") == "up" else "fail"
    return Request(token, Ping(action, record=clean_text(query.get("msg", ""))[-MAX_RECORD_BYTES:]))


def _query(event: Event) -> dict[str, str]:
    """The parameters of the query; of one that is given twice the last."""
    given = parse_qs(event.get("rawQueryString", ""), keep_blank_values=True)
    return {name: values[-1] for name, values in given.items()}


def _is_possible(response_time: str) -> bool:
    """As in Uptime Kuma, the number it begins with counts; without one it is no mistake either."""
    number = _LEADING_NUMBER.match(response_time)
    return number is None or 0 <= float(number[1]) <= LARGEST_PUSH_PING


def _end_of_body(event: Event) -> str:
    body = _raw_body(event)
    text = body[-MAX_RECORD_BYTES:].decode(errors="replace")
    # A cut through the middle of a character leaves its rest.
    return clean_text(text.lstrip("\ufffd") if len(body) > MAX_RECORD_BYTES else text)[-MAX_RECORD_BYTES:]


def _raw_body(event: Event) -> bytes:
    body = str(event.get("body") or "")
    try:
        return b64decode(body) if event.get("isBase64Encoded") else body.encode(errors="replace")
    except Base64Error:
        return body.encode(errors="replace")
