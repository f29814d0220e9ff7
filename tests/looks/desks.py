"""The technicians' desk, by its real handler."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from unittest.mock import patch

from looks.browser import Scene
from looks.letters import HEBREW, LONG
from looks.live_pages import a_form
from looks.months import LONG_NAME
from support.cast import ACME, GRACE, HOUR, MINUTE, START, TESS, a_contract, an_up_device, sign_up
from support.deployment import Deployment, a_deployment
from support.visits import a_home_link, a_link, get, post

import sweep
from makegood.advancing import advance
from makegood.storage.devices import Device
from makegood.storage.incidents import open_incidents
from makegood.storage.records import Observation
from makegood_simulator.cloud import silence
from makegood_simulator.events import Context, schedule_event

NOON: Final = START + 10 * HOUR
PRACTICES: Final[dict[str, Any]] = {
    "backup": {"max_age": "1d", "refund_each": "10.00"},
    "log_review": {"max_age": "1d", "refund_each": "5.00"},
    "restore_test": {"max_age": "30d"},
}
LOGS: Final = {
    "failed_units": 2,
    "failed_logons": 31,
    "disk_errors": 0,
    "since": "2026-03-11T12:00:00Z",
    "until": "2026-03-12T12:00:40Z",
}
WORKS: Final = {
    "devices": "modem, srv",
    "from": "2026-03-16T02:00",
    "to": "2026-03-16T04:00",
    "reason": "New firmware, asked for by its maker because of a hole in the old one",
    "notice": "enough",
}


def home(silent: int, name: str = "Acme Dental Group") -> Callable[[], Scene]:
    """All open incidents, of so many devices that fell silent one after another."""

    def page() -> Scene:
        with a_deployment() as deployment, silence():
            sign_up({**ACME, "name": name, "practices": PRACTICES})
            sign_up(a_contract(client="berg", name="Apotheke am Berg", timezone="Europe/Berlin"))
            for number in range(silent):
                client = ("acme-dental", "berg")[number % 2]
                seen = START - 7 * number * MINUTE
                an_up_device(f"device-{number}", seen, client, name=f"{_KINDS[number % 4]} {number + 1}")
            with patch("sweep.WORKERS", 1):  # names are made up one after another, the same each time
                _fall_silent(deployment)
            if silent:
                answers = deployment.now + 8 * MINUTE
                Device("acme-dental", "device-0").update([Device.back_since.set(answers)])
            return _page(get(a_home_link(), at=deployment.now + 9 * MINUTE))

    return page


_KINDS: Final = ("Front desk modem", "Server", "Till", f"Telephone of {LONG_NAME}"[:90])


def _fall_silent(deployment: Deployment) -> None:
    """So many at once are held back for five minutes, and open then."""
    for later in (0, 301):
        deployment.now = START + GRACE + 10 + later
        sweep.handler(schedule_event(), Context())
    for number, incident in enumerate(list(open_incidents())):
        advance(incident.client, incident.incident, deployment.now)
        if number % 3 == 0:
            link = a_link(client=incident.client, incident=incident.incident)
            assert post(link, "acknowledge", at=deployment.now)["statusCode"] == 303


def practices(more: str = "") -> Callable[[], Scene]:
    """What a person must attest today."""

    def page() -> Scene:
        with a_deployment() as deployment, silence():
            deployment.now = NOON
            sign_up(a_contract(practices=PRACTICES))
            an_up_device("srv", last_seen=NOON, practices=set(PRACTICES))
            an_up_device("nas", last_seen=NOON, practices={"backup"})
            key = "observation#2026-03-12#srv#log_review"
            Observation(
                "acme-dental", key, device="srv", practice="log_review", at=NOON - 60, facts=LOGS
            ).save()
            return _page(get(a_link(TESS, incident="", purpose="practices") + more, at=NOON))

    return page


def maintenance() -> Scene:
    """What is announced, and the form for more."""
    with a_deployment() as deployment, silence():
        deployment.now = START
        sign_up()
        for device in ("modem", "srv"):
            an_up_device(device)
        link = a_link(TESS, incident="", purpose="maintenance")
        assert post(link, "announce", WORKS, at=START)["statusCode"] == 303
        return _page(get(link, at=START + MINUTE))


def refused() -> Scene:
    with a_deployment(), silence():
        answer = get("forged", at=NOON)
    assert answer["statusCode"] == 403
    return Scene(answer["body"])


def _page(answer: dict[str, Any]) -> Scene:
    assert answer["statusCode"] == 200, answer
    return Scene(answer["body"])


DESKS: Final[dict[str, Callable[[], Scene]]] = {
    "desk-home": home(3),
    "desk-home-quiet": home(0),
    "desk-home-forty-incidents": home(40, LONG_NAME),
    "desk-incident": a_form("desk-new"),
    "desk-incident-mistake": a_form("desk-mistake"),
    "desk-incident-planned": a_form("desk-planned"),
    "desk-incident-over": a_form("desk-over"),
    "desk-incident-long-names": a_form("desk-planned", LONG),
    "desk-incident-hebrew": a_form("desk-planned", HEBREW),
    "desk-practices": practices(),
    "desk-log-review": practices("/srv/log_review"),
    "desk-maintenance": maintenance,
    "desk-refused": refused,
}
