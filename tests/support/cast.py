"""A small fixed cast: Acme Dental, its modem, its server, its agent, and the moment everything starts."""

from __future__ import annotations

from typing import Any

from makegood.rules.instants import parse_instant
from makegood.rules.tokens import make_token, token_hash
from makegood.storage.devices import NEW, UP, Device
from makegood.storage.records import CLIENTS, ClientEntry, ContractVersion

START = parse_instant("2026-03-12T04:00:00Z")
GRACE = 180
MINUTE = 60
HOUR = 3_600

OWNER = "owner@acme.example"
DESK = "front-desk@acme.example"
TESS = "tess@provider.example"
TOM = "tom@provider.example"

ACME: dict[str, Any] = {
    "client": "acme-dental",
    "name": "Acme Dental Group",
    "timezone": "America/New_York",
    "currency": "USD",
    "monthly_fee": "2400.00",
    "effective_from": "2026-01-01",
    "contacts": {"outages": [DESK, OWNER], "statements": [OWNER]},
    "outages": {
        "notify": {"within": "15m", "refund": "5%"},
        "plan": {"within": "1h", "refund": "5%"},
        "repair": {"within": "4h", "refund": "10%", "then": {"every": "1h", "refund": "2%", "at_most": 10}},
        "stable_for": "10m",
    },
    "practices": {"backup": {"max_age": "1d", "at_least": "100%", "refund_each": "10.00"}},
    "refund_cap": "100%",
    "maintenance_notice": "72h",
    "statement": {"day": 3, "hour": 9},
}


def a_contract(**changes: Any) -> dict[str, Any]:
    """Acme's contract with some terms changed."""
    return {**ACME, **changes}


def sign_up(contract: dict[str, Any] = ACME) -> str:
    """Stores a contract as the client's first version; returns the client."""
    client = str(contract["client"])
    effective_from = str(contract["effective_from"])
    ContractVersion(
        client, f"contract#{effective_from}", terms=contract, applied_at=START, applied_by="tests"
    ).save()
    ClientEntry(CLIENTS, client, name=str(contract["name"]), next_period=effective_from[:7]).save()
    return client


def a_token(device: str, client: str = "acme-dental", secret: int = 1) -> str:
    """A token as enrolment makes it, always the same for the same device."""
    return make_token(client, device, bytes([secret]) * 20)


def enroll(device: str, client: str = "acme-dental", **attributes: Any) -> Device:
    """A device that was enrolled and has not been seen yet."""
    row = Device(
        client,
        device,
        **{
            "kind": "router",
            "name": device,
            "zone": "America/New_York",
            "grace_seconds": GRACE,
            "token_hash": token_hash(a_token(device, client)),
            "state": NEW,
            **attributes,
        },
    )
    row.save()
    return row


def an_up_device(
    device: str, last_seen: int = START, client: str = "acme-dental", **attributes: Any
) -> Device:
    """A device that beat at `last_seen`."""
    grace = int(attributes.get("grace_seconds", GRACE))
    seen = {"enrolled_at": START - 30 * 24 * HOUR, "last_seen": last_seen, "due_at": last_seen + grace}
    return enroll(device, client, state=UP, **seen, **attributes)
