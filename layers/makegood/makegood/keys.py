"""The keys that sign links, kept by Secrets Manager: `{"current": "k1", "k1": "<secret>"}`."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities import parameters

from makegood.rules.instants import Instant
from makegood.rules.links import Link, sign, verify
from makegood.settings import settings

KEYS_MAX_AGE_SECONDS = 300


def sign_link(link: Link) -> str:
    """The link as text, signed with the current key."""
    keys, current = _keys()
    return sign(link, keys, current)


def verify_link(text: str, now: Instant) -> Link:
    """The link that a text carries; raises LinkRefused when it is forged or has expired."""
    keys, _ = _keys()
    return verify(text, keys, now)


def _keys() -> tuple[dict[str, str], str]:
    stored: Any = parameters.get_secret(
        settings().link_keys_arn, transform="json", max_age=KEYS_MAX_AGE_SECONDS
    )
    keys = dict(stored)
    return keys, keys.pop("current")
