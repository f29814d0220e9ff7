"""The client's personal links: what each is for, to one person, for a while."""

from __future__ import annotations

from typing import Final

from makegood.keys import sign_link
from makegood.rules.instants import DAY_SECONDS, Instant
from makegood.rules.links import Link
from makegood.settings import settings
from makegood.storage.records import Incident

LINK_SECONDS: Final = 30 * DAY_SECONDS
"""Links work this long from what they are about."""

PAGE_SECONDS: Final = 100 * DAY_SECONDS
"""The client's page opens this long by one mail's link; there is a new one in each statement at least."""

ANSWER: Final = "answer"
EXCUSE: Final = "excuse"
DISAGREE: Final = "disagree"
PAGE: Final = "page"
PURPOSES: Final = (ANSWER, EXCUSE, DISAGREE, PAGE)


def live_url(
    purpose: str, incident: Incident, person: str, matter: str, *, since: Instant, now: Instant
) -> str:
    """The address at which this person may do this one thing about this one matter."""
    until = since + LINK_SECONDS
    return _url(Link(purpose, incident.client, incident.incident, person, until, matter, issued_at=now))


def page_url(client: str, person: str, now: Instant) -> str:
    """The address of the client's page, for this person."""
    return _url(Link(PAGE, client, "", person, now + PAGE_SECONDS, issued_at=now))


def _url(link: Link) -> str:
    return f"{settings().base_url}/live/{sign_link(link)}"
