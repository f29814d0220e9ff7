"""Who visits: what a link allows, to whom, and when the request came."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from makegood.keys import sign_link, verify_link
from makegood.rules.instants import Instant
from makegood.rules.ladder import people
from makegood.rules.links import Link, LinkRefusedError
from makegood.settings import settings
from makegood.storage.cases import Case


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
        """The address of all open incidents for the same person, working as long as this link does.

        Empty for who sees one client's incident only: a level of its ladder that is no technician.
        """
        if self.link.purpose == "level":
            return ""
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

    Who is a level of an incident's own ladder has a link of the purpose `level`, checked once the incident is
    read (`refuse_stranger`). Raises LinkRefusedError, whose reason does not tell a wrong purpose or person
    from a forgery.
    """
    link = verify_link(text, now)
    is_known = link.purpose == "level" or link.person in settings().technicians
    if link.purpose not in purposes or not is_known:
        raise LinkRefusedError("forged")
    return link


def refuse_stranger(link: Link, case: Case) -> None:
    """Raises LinkRefusedError when an incident's ladder does not name the person of a level's link."""
    if link.purpose == "level" and link.person not in people(case.ladder(settings().technicians)):
        raise LinkRefusedError("forged")
