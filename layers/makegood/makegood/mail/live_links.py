"""The client's personal links: what each is for, to one person, for a while."""

from __future__ import annotations

from typing import Final

from makegood.keys import sign_link
from makegood.rules.instants import DAY_SECONDS, Instant
from makegood.rules.links import Link
from makegood.settings import settings
from makegood.storage.records import Incident

LINK_SECONDS: Final = 30 * DAY_SECONDS
"""Links work this long from what they are about, so that a mail sent twice is the same mail."""

ANSWER: Final = "answer"
EXCUSE: Final = "excuse"
DISAGREE: Final = "disagree"
PURPOSES: Final = (ANSWER, EXCUSE, DISAGREE)


def live_url(purpose: str, incident: Incident, person: str, matter: str, since: Instant) -> str:
    """The address at which this person may do this one thing about this one matter."""
    link = Link(purpose, incident.client, incident.incident, person, since + LINK_SECONDS, matter)
    return f"{settings().base_url}/live/{sign_link(link)}"
