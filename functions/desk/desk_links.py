"""Who visits: what a link allows, to whom, and when the request came."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from makegood.keys import sign_link, verify_link
from makegood.rules.instants import Instant
from makegood.rules.links import Link, LinkRefusedError
from makegood.settings import settings


@dataclass(frozen=True)
class Visit:
    """One request by link: the link as text and as read, its arrival rounded down and up."""

    text: str
    link: Link
    now: Instant
    now_up: Instant

    def url(self, action: str = "", anchor: str = "") -> str:
        """The page's own address, that of one of its actions, or a place on it."""
        tail = f"/{action}" if action else ""
        return f"{settings().base_url}/desk/{self.text}{tail}" + (f"#{anchor}" if anchor else "")

    def home_url(self) -> str:
        """The address of all open incidents for the same person, working as long as this link does."""
        link = replace(self.link, purpose="home", client="", incident="")
        return f"{settings().base_url}/desk/{sign_link(link)}"

    def practices_url(self, client: str) -> str:
        """The address of a client's practices for the same person, working as long as this link does."""
        link = replace(self.link, purpose="practices", client=client, incident="")
        return f"{settings().base_url}/desk/{sign_link(link)}"

    def maintenance_url(self, client: str) -> str:
        """The address of a client's maintenance for the same person, working as long as this link does."""
        link = replace(self.link, purpose="maintenance", client=client, incident="")
        return f"{settings().base_url}/desk/{sign_link(link)}"

    def url_of(self, client: str, incident: str) -> str:
        """The address of an incident's page for the same person, working as long as this link does."""
        link = replace(self.link, purpose="incident", client=client, incident=incident)
        return f"{settings().base_url}/desk/{sign_link(link)}"


def open_link(text: str, purposes: Collection[str], now: Instant) -> Link:
    """The link a text carries, if it is for one of these purposes and its person still is a technician.

    Raises LinkRefusedError, whose reason does not tell a wrong purpose or person from a forgery.
    """
    link = verify_link(text, now)
    if link.purpose not in purposes or link.person not in settings().technicians:
        raise LinkRefusedError("forged")
    return link
