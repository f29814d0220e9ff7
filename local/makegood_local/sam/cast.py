"""Whom the events of `events/` speak of: a made-up café in October 2025, the same for ever."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from makegood.rules.instants import parse_instant
from makegood.rules.links import Link, sign
from makegood.rules.mails import order
from makegood.rules.tokens import SECRET_BYTES, make_token, token_hash
from makegood.storage.devices import FEED, UP, Device
from makegood.storage.incidents import incident_name
from makegood.storage.records import CLIENTS, ClientEntry
from makegood_local.load_facts import NEVER_OVERDUE, store_facts
from makegood_local.sam.place import Place

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

NOW = parse_instant("2025-10-14T09:30:00Z")
"""When every request of `events/` arrives, so that its links never expire."""

CLIENT, OWNER, TECHNICIAN = "corner-cafe", "owner@cafe.example", "tina@provider.example"
TILL, SERVER, NIGHTLY = "till", "server", "nightly"
STARTED_AT = parse_instant("2025-10-14T08:00:00Z")
INCIDENT = incident_name("router", STARTED_AT)
PERIOD = "2025-10"
NOTICE = order(f"incident#{INCIDENT}", "notice", OWNER).mail

KEY, KEY_TEXT = "events", "signs the links of events, which only a local stack takes"

CONTRACT: dict[str, Any] = {
    "client": CLIENT,
    "name": "Corner Café",
    "timezone": "Europe/Berlin",
    "currency": "EUR",
    "monthly_fee": "900.00",
    "effective_from": "2025-10-01",
    "effective_until": "2025-11-01",
    "contacts": {"outages": [OWNER], "statements": [OWNER]},
    "outages": {
        "notify": {"within": "15m", "refund": "5%"},
        "plan": {"within": "1h", "refund": "5%"},
        "repair": {"within": "4h", "refund": "10%"},
    },
    "practices": {"backup": {"max_age": "1d", "refund_each": "10.00"}},
}


def token(device: str) -> str:
    """The token of a device or a feed, always the same; only local stacks know it."""
    return make_token(CLIENT, device, bytes(SECRET_BYTES))


def link(purpose: str, person: str, client: str = "", incident: str = "") -> str:
    """A signed link that works at NOW."""
    made = Link(purpose, client, incident, person, NOW + 86_400, issued_at=NOW - 60)
    return sign(made, {KEY: KEY_TEXT}, KEY)


def introduce(stack: Place) -> None:
    """Lets a local stack know everybody that the events speak of; again and again, as it was."""
    stack.use()
    store()
    accept_links(stack.client("secretsmanager"), stack.outputs["LinkKeysArn"])


def store() -> None:
    """Their rows, in the tables that the models are bound to."""
    store_facts(_facts())
    # The month before its first: no schedule of the stack issues what an event asks for.
    ClientEntry(CLIENTS, CLIENT, next_period="2025-11").save()
    shared: dict[str, Any] = {"zone": CONTRACT["timezone"], "grace_seconds": NEVER_OVERDUE}
    times: dict[str, Any] = {
        "enrolled_at": NOW - 86_400,
        "last_seen": NOW - 60,
        "due_at": NEVER_OVERDUE,
        "state": UP,
    }
    rows = (
        Device(CLIENT, TILL, kind="till", name="Till", token_hash=_hash(TILL), **times, **shared),
        Device(
            CLIENT,
            NIGHTLY,
            kind=FEED,
            name="Nightly backup",
            token_hash=_hash(NIGHTLY),
            state=FEED,
            feed_practice="backup",
            feed_device=SERVER,
            **shared,
        ),
    )
    for row in rows:
        row.save()


def accept_links(secrets: SecretsManagerClient, arn: str) -> None:
    """Adds the key that signs their links to those of a deployment."""
    keys = json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"])
    if KEY not in keys:
        secrets.put_secret_value(SecretId=arn, SecretString=json.dumps({**keys, KEY: KEY_TEXT}))


def _hash(device: str) -> str:
    return token_hash(token(device))


def _facts() -> dict[str, Any]:
    """The month at its moment of issue; the router is still down."""
    enrolled = "2025-09-30T22:00:00Z"
    return {
        "contract": CONTRACT,
        "period": PERIOD,
        "as_of": "2025-11-03T08:00:00Z",
        "devices": [
            {
                "device": device,
                "kind": device,
                "enrolled_at": enrolled,
                "retired_at": None,
                "practices": practices,
            }
            for device, practices in (("router", []), (SERVER, ["backup"]))
        ],
        "incidents": [
            {
                "incident": INCIDENT,
                "device": "router",
                "started_at": "2025-10-14T08:00:00Z",
                "notified_at": "2025-10-14T08:05:00Z",
                "notified_how": "handed over",
                "planned_at": None,
                "restored_at": None,
                "documented_at": None,
                "pauses": [],
                "excuses": [],
            }
        ],
        "evidence": [],
        "maintenance": [],
        "adjustments": [],
    }
