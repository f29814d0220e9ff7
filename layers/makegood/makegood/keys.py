"""The keys that sign links, kept by Secrets Manager: `{"current": "k1", "k1": "<secret>"}`."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities import parameters

from makegood.rules.instants import Instant
from makegood.rules.links import Link, sign, verify
from makegood.rules.webhooks import webhook_secret
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


def webhook_key(url: str) -> tuple[str, str]:
    """The name of the current key, and what it comes to for the webhook at this address."""
    keys, current = _keys()
    return current, webhook_secret(keys[current], url)


def _keys() -> tuple[dict[str, str], str]:
    stored: Any = parameters.get_secret(
        settings().link_keys_arn, transform="json", max_age=KEYS_MAX_AGE_SECONDS
    )
    keys = dict(stored)
    return keys, keys.pop("current")
