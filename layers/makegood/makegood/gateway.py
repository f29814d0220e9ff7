"""What API Gateway says of a request: when it arrived, the only clock it is judged by, and its headers."""

from __future__ import annotations

import math
from typing import Any

from makegood.rules.instants import Instant

_MILLISECONDS_FROM = 100_000_000_000
"""Larger numbers count milliseconds, as on AWS; `sam local` counts seconds (this many are the year 5138)."""


def request_instant(event: dict[str, Any]) -> Instant:
    """The arrival rounded down: when something starts."""
    return math.floor(_arrived_at(event))


def request_instant_up(event: dict[str, Any]) -> Instant:
    """The arrival rounded up: when something is done."""
    return math.ceil(_arrived_at(event))


def request_header(event: dict[str, Any], name: str) -> str:
    """A header by its name in small letters, as AWS writes it; `sam local` leaves it as it was sent."""
    headers: dict[str, str] = event.get("headers") or {}
    if name in headers:
        return headers[name]
    return next((value for key, value in headers.items() if key.lower() == name), "")


def _arrived_at(event: dict[str, Any]) -> float:
    epoch: int = event["requestContext"]["timeEpoch"]
    return epoch / 1000 if epoch >= _MILLISECONDS_FROM else epoch
