"""The client's page, by its real handler: the month that runs, on the day that most is going on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from looks.browser import Scene
from looks.letters import HEBREW, LONG
from looks.months import MONTHS
from looks.story import ACME, Names, story
from support.deployment import a_deployment
from support.live import look

from makegood.issuing import issue
from makegood.mail.live_links import page_url
from makegood.rules.instants import parse_instant
from makegood_local.demo_month import demo_month
from makegood_local.load_facts import store_facts
from makegood_simulator.cloud import silence

BEFORE: Final = parse_instant("2026-03-03T15:00:00Z")
"""The first statement, February's, is issued."""

PRESENT: Final = parse_instant("2026-03-25T18:42:00Z")
"""March so far: the phones have been silent for twelve minutes."""

CLIENT: Final = "harbor-law"


def a_page(month: str, at: int = PRESENT, more: str = "") -> Callable[[], Scene]:
    def page() -> Scene:
        facts = MONTHS[month]()
        facts["contract"] = {**facts["contract"], "effective_from": "2026-02-01"}
        with a_deployment() as deployment, silence():
            deployment.now = BEFORE
            store_facts({**demo_month(BEFORE), "contract": facts["contract"]})
            issue(CLIENT, "2026-02", BEFORE)
            store_facts(facts)
            deployment.now = at
            link = page_url(CLIENT, facts["contract"]["contacts"]["outages"][0], at).rpartition("/live/")[2]
            answer = look(f"{link}{more}", at=at)
        assert answer["statusCode"] == 200
        return Scene(answer["body"])

    return page


def a_form(name: str, names: Names = ACME) -> Callable[[], Scene]:
    return lambda: Scene(story(names).pages[name])


LIVE: Final[dict[str, Callable[[], Scene]]] = {
    **{f"live-{month}": a_page(month) for month in MONTHS if month not in ("arabic", "dinars")},
    "live-method": a_page("normal", more="/method"),
    "live-answer": a_form("live-answer"),
    "live-excuse": a_form("live-excuse"),
    "live-excuse-long-names": a_form("live-excuse", LONG),
    "live-answer-hebrew": a_form("live-answer", HEBREW),
}
