"""The keys that sign links, kept by Secrets Manager: `{"current": "k1", "k1": "<secret>"}`."""

from __future__ import annotations

import json

from makegood.rules.instants import Instant
from makegood.rules.links import Link, sign, verify
from makegood.rules.webhooks import webhook_secret
from makegood.secret_texts import secret_text
from makegood.settings import settings


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
    keys = dict(json.loads(secret_text(settings().link_keys_arn)))
    return keys, keys.pop("current")
