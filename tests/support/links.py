"""Personal links and filled forms, as people bring them along: making them calls nothing."""

from __future__ import annotations

from functools import cache
from typing import Any
from urllib.parse import urlencode

from makegood.rules.links import Link, sign
from makegood_simulator.cloud import LINK_KEYS
from support.cast import HOUR, OWNER, START, TESS

NAME = "modem-20260312T040000Z"
EXPIRES = START + 30 * 24 * HOUR


@cache
def desk_link(purpose: str, person: str = TESS) -> str:
    """A technician's link; to the incident NAME where it is one of an incident."""
    client = "" if purpose == "home" else "acme-dental"
    return _signed(Link(purpose, client, NAME if purpose == "incident" else "", person, EXPIRES))


@cache
def live_link(purpose: str, matter: str) -> str:
    """The link of the client's owner about a matter of the incident NAME."""
    return _signed(Link(purpose, "acme-dental", NAME, OWNER, EXPIRES, matter))


def form(fields: dict[str, str]) -> dict[str, Any]:
    """What a request holds that sends a form."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return {"body": urlencode(fields), "headers": headers}


def _signed(link: Link) -> str:
    return sign(link, LINK_KEYS, LINK_KEYS["current"])
