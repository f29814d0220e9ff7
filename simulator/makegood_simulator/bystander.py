"""Another client of the same provider, whose quiet life nothing of a play may touch."""

from __future__ import annotations

from typing import Any

from makegood.rules.instants import Instant
from makegood.storage.devices import UP, Device
from makegood.storage.records import CLIENTS, ClientEntry, ContractVersion
from makegood_simulator.cloud import backend
from makegood_simulator.tables import Tables

CLIENT = "bystander"
SECRET = "Bystander & Sons"
"""The name that no mail to anybody else may contain."""

_NEVER = 4_102_444_800
_CONTRACT = {
    "client": CLIENT,
    "name": SECRET,
    "timezone": "UTC",
    "currency": "EUR",
    "monthly_fee": "100.00",
    "effective_from": "2099-01-01",
    "contacts": {"outages": ["boss@bystander.example"], "statements": ["boss@bystander.example"]},
    "outages": {"notify": {"within": "15m"}},
}


class Bystander:
    """A client with a contract that begins late and a device that is not overdue for a long time."""

    def __init__(self, now: Instant) -> None:
        ClientEntry(CLIENTS, CLIENT, next_period="2099-01").save()
        key = f"contract#{_CONTRACT['effective_from']}"
        ContractVersion(CLIENT, key, terms=_CONTRACT, applied_at=now, applied_by="setup").save()
        Device(
            CLIENT,
            "modem",
            kind="router",
            name="modem",
            zone="UTC",
            grace_seconds=60,
            token_hash="0" * 64,
            state=UP,
            enrolled_at=now,
            last_seen=now,
            due_at=_NEVER,
        ).save()
        self._before = _rows()

    def differences(self) -> list[str]:
        """What has become different about this client, and what another client was told of it."""
        now = _rows()
        changed = {key for key in self._before | now if self._before.get(key) != now.get(key)}
        return [f"the other client's row {key} has changed" for key in sorted(changed)]


_TURNS = ("closes_at", "checks_at")
"""When scheduled functions look at it next: they do, and find nothing to do."""


def _rows() -> dict[str, Any]:
    rows = Tables().everything()
    return {
        key: {name: value.to_json() for name, value in row.items() if name not in _TURNS}
        for partition, key, row in rows
        if CLIENT in (partition, key)
    }


def objects() -> list[str]:
    """The keys of all statements' files."""
    buckets = backend("s3").buckets.values()
    return sorted(key for bucket in buckets for key in bucket.keys)
