"""Who of the client visits: what a link allows, to whom, and when the request came."""

from __future__ import annotations

from dataclasses import dataclass

from makegood.keys import verify_link
from makegood.mail.live_links import PURPOSES
from makegood.pages.routes import NotFoundError
from makegood.rules.instants import Instant
from makegood.rules.links import Link, LinkRefusedError
from makegood.settings import settings
from makegood.storage.cases import Case, load_case
from makegood.storage.contacts import are_links_revoked
from makegood.storage.matters import is_same_person


@dataclass(frozen=True)
class LiveVisit:
    """One request by link: the link as text and as read, its arrival rounded down and up."""

    text: str
    link: Link
    now: Instant
    now_up: Instant

    def url(self, action: str = "") -> str:
        tail = f"/{action}" if action else ""
        return f"{settings().base_url}/live/{self.text}{tail}"


def open_link(text: str, now: Instant) -> Link:
    """The link that a text carries, if it is one of the client's; raises LinkRefusedError."""
    link = verify_link(text, now)
    if link.purpose not in PURPOSES:
        raise LinkRefusedError("forged")
    if are_links_revoked(link.client, link.person, link.issued_at):
        raise LinkRefusedError("revoked")
    return link


def load_for(visit: LiveVisit) -> Case:
    """The incident, for a person who still is a contact of the client; raises LinkRefusedError otherwise."""
    case = load_case(visit.link.client, visit.link.incident, visit.now)
    if case is None:
        raise NotFoundError
    contacts = case.contract.contacts.outages
    if not any(is_same_person(contact, visit.link.person) for contact in contacts):
        raise LinkRefusedError("forged")
    return case
