"""Visits of the client's contacts to their pages through the real handler, and what they were mailed."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlencode

import live
from makegood.keys import sign_link, verify_link
from makegood.mail.live_links import PAGE
from makegood.rules.links import Link
from makegood_simulator.events import Context, api_request
from support.cast import OWNER
from support.deployment import Deployment
from support.visits import EXPIRES, FORM, NAME, NOW, Answer


def a_live_link(purpose: str, matter: str, person: str = OWNER, **changes: Any) -> str:
    known = {"client": "acme-dental", "incident": NAME, "expires_at": EXPIRES}
    return sign_link(Link(**{"purpose": purpose, "matter": matter, "person": person, **known, **changes}))


def look(link: str, at: float = NOW, method: str = "GET", **more: Any) -> Answer:
    answer: Answer = live.handler(api_request(method, f"/live/{link}", at=at, **more), Context())
    return answer


def send(
    link: str, action: str, fields: dict[str, str] | None = None, at: float = NOW, **more: Any
) -> Answer:
    request = {"body": urlencode(fields or {}), "headers": FORM, **more}
    answer: Answer = live.handler(api_request("POST", f"/live/{link}/{action}", at=at, **request), Context())
    return answer


def mailed(deployment: Deployment, person: str, kind: str) -> list[str]:
    """The plain texts of one person's mails of a kind, as SES took them."""
    found = []
    for mail in deployment.mails_to(person):
        if f"_{kind}_" in json.loads(mail["X-Tags"])["mail"]:
            body = mail.get_body(("plain",))
            assert body is not None
            found.append(body.get_content())
    return found


def live_links(text: str) -> list[str]:
    """The links in a mail but for the one to the client's page."""
    return [link for link in _links(text) if verify_link(link, 0).purpose != PAGE]


def page_links(text: str) -> list[str]:
    return [link for link in _links(text) if verify_link(link, 0).purpose == PAGE]


def _links(text: str) -> list[str]:
    """All but the address of the provider's public key, which is for everybody."""
    return re.findall(r"/live/(?!keys/)(\S+)", text)
