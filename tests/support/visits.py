"""Visits to the desk through its real handler, as API Gateway hands them on, while Acme's modem is silent."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import boto3

import desk
import heartbeat
import sweep
from makegood.advancing import advance
from makegood.keys import sign_link
from makegood.rules.links import Link
from makegood.storage.incidents import find_incident
from makegood.storage.records import Incident
from makegood_simulator.events import Context, api_request, schedule_event
from support.cast import GRACE, HOUR, MINUTE, START, TESS, a_token, an_up_device, sign_up
from support.deployment import Deployment

NAME = "modem-20260312T040000Z"
OPENED = START + GRACE + 10
NOW = START + 20 * MINUTE
EXPIRES = START + 30 * 24 * HOUR
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PLAN = {"cause": "Power supply", "steps": "Bring one\nSwap it", "eta": "by 02:30"}
REPAIR = {"cause": "Power supply", "work": "Swapped it"}
Answer = dict[str, Any]


def fall_silent(deployment: Deployment) -> None:
    """The modem has been silent for twenty minutes; its incident is open, and everybody was told."""
    sign_up()
    an_up_device("modem", name="Front desk modem")
    deployment.now = OPENED
    sweep.handler(schedule_event(), Context())
    advance("acme-dental", NAME, OPENED)
    deployment.now = NOW


def a_link(person: str = TESS, incident: str = NAME, client: str = "acme-dental", **changes: Any) -> str:
    return sign_link(Link(**{**_incident_link(person, incident, client), **changes}))


def _incident_link(person: str, incident: str, client: str) -> dict[str, Any]:
    return {
        "purpose": "incident",
        "client": client,
        "incident": incident,
        "person": person,
        "expires_at": EXPIRES,
    }


def a_home_link(person: str = TESS) -> str:
    return a_link(person, incident="", client="", purpose="home")


def get(link: str, at: float = NOW, method: str = "GET") -> Answer:
    answer: Answer = desk.handler(api_request(method, f"/desk/{link}", at=at), Context())
    return answer


def post(
    link: str, action: str, fields: dict[str, str] | None = None, at: float = NOW, **request: Any
) -> Answer:
    request = {"body": urlencode(fields or {}), "headers": FORM, **request}
    answer: Answer = desk.handler(api_request("POST", f"/desk/{link}/{action}", at=at, **request), Context())
    return answer


def incident() -> Incident:
    found = find_incident("acme-dental", NAME)
    assert found is not None
    return found


def beats(first: int, last: int) -> None:
    headers = {"Authorization": f"Bearer {a_token('modem')}"}
    for at in range(first, last + 1, MINUTE):
        heartbeat.handler(api_request("POST", "/v1/heartbeat", at=at, headers=headers), Context())


def everything_stored() -> list[Any]:
    tables = boto3.resource("dynamodb")
    return [tables.Table(name).scan()["Items"] for name in ("Devices", "Records")]
