"""One outage played through the real functions, for the mails that it sends and the pages in between."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from support.cast import DESK, HOUR, MINUTE, OWNER, START, TESS, TOM, a_contract, an_up_device, sign_up
from support.deployment import Deployment, a_deployment
from support.live import a_live_link, look
from support.visits import NAME, NOW, a_link, beats, get, post

import sweep
from makegood.advancing import advance
from makegood_simulator.cloud import silence
from makegood_simulator.events import Context, schedule_event

WAIT = {
    "seen": "0",
    "reason": "awaiting_access",
    "awaited": "The key to the server room. Our technician stands at the front desk.",
}
PLEA = {
    "seen": "0",
    "stage": "plan",
    "reason": "client_caused",
    "evidence": "The breaker was switched off by the cleaners.",
    "ask": "client",
}
PLAN = {
    "cause": "The power supply of the modem has failed.",
    "steps": "1. Bring a new power supply.\n2. Put the modem back in place.\n3. Test the line.",
    "eta": "by 02:30",
}
REPAIR = {
    "cause": "The power supply had failed.",
    "work": "Replaced the power supply.\nTested the line for ten minutes.",
}


@dataclass
class Told:
    """What the story left: mails by kind, pages by name."""

    mails: dict[str, str]
    pages: dict[str, str]


@dataclass(frozen=True)
class Names:
    """Who it happens to."""

    client: str = "Acme Dental Group"
    device: str = "Front desk modem"
    locale: str = "en_US"


ACME: Final = Names()


@cache
def story(names: Names = ACME) -> Told:
    with a_deployment() as deployment, silence():
        return _play(deployment, names)


def _play(deployment: Deployment, names: Names) -> Told:
    pages = {}
    sign_up(a_contract(name=names.client, locale=names.locale))
    an_up_device("modem", name=names.device)
    deployment.now = NOW - 15 * MINUTE
    sweep.handler(schedule_event(), Context())
    _step(deployment, NOW - 15 * MINUTE)
    deployment.now = NOW
    pages["desk-new"] = get(a_link())["body"]
    pages["desk-mistake"] = post(a_link(), "plan", {**PLAN, "cause": ""})["body"]
    _send("acknowledge", {}, NOW)
    _send("plan", PLAN, NOW + 40 * MINUTE)
    _step(deployment, NOW + 40 * MINUTE)
    paused = NOW + 45 * MINUTE
    _send("pause", WAIT, paused)
    _step(deployment, paused)
    pages["live-answer"] = look(a_live_link("answer", f"pause-{paused}"), at=paused + MINUTE)["body"]
    _send(f"resume-pause-{paused}", {}, paused + HOUR)
    _send("excuse", PLEA, paused + HOUR)
    _step(deployment, paused + HOUR)
    pages["live-excuse"] = look(a_live_link("excuse", "excuse-plan-1"), at=paused + HOUR)["body"]
    pages["desk-planned"] = get(a_link(), at=paused + 2 * HOUR)["body"]
    deployment.now = back = START + 6 * HOUR
    beats(back, back + 10 * MINUTE)
    _step(deployment, back + 11 * MINUTE)
    _send("repair", REPAIR, back + 20 * MINUTE)
    _step(deployment, back + 20 * MINUTE)
    pages["desk-over"] = get(a_link(), at=back + HOUR)["body"]
    return Told(_mails(deployment), pages)


def _send(action: str, fields: dict[str, str], at: int) -> None:
    answer = post(a_link(TOM if action == "excuse" else TESS), action, fields, at=at)
    assert answer["statusCode"] == 303, (action, answer["body"])


def _step(deployment: Deployment, at: int) -> None:
    deployment.now = at
    advance("acme-dental", NAME, at)


def _mails(deployment: Deployment) -> dict[str, str]:
    """The HTML of each kind's first mail, by kind."""
    found: dict[str, str] = {}
    for mail in deployment.mails:
        kind = re.sub(r"-\d{10}", "", json.loads(mail["X-Tags"])["mail"].split("_")[2])
        body = mail.get_body(("html",))
        assert body is not None
        if mail["To"] in (DESK, OWNER, TESS):
            found.setdefault(kind, body.get_content())
    return found
