"""Scans that do not see the newest heartbeats yet: DynamoDB promises for them what was, not what is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from makegood.rules.instants import Instant
from makegood_simulator.cloud import ENVIRONMENT
from makegood_simulator.faults import SECOND, Faults
from makegood_simulator.tables import Tables, integer, text
from makegood_simulator.wire import Call, Invocation, Wire, sets
from makegood_simulator.witness import Milliseconds

MOST_STALE = 60 * SECOND
"""So long a heartbeat may stay unseen by scans."""

_DEVICES = ENVIRONMENT["DEVICES_TABLE"]


class StaleScans:
    """Remembers each row as it was before the last heartbeat, and at times lets a scan find it so."""

    def __init__(self, wire: Wire, faults: Faults, tables: Tables, client: str) -> None:
        self._wire = wire
        self._faults = faults
        self._tables = tables
        self._client = client
        self._older: dict[str, tuple[Milliseconds, Call]] = {}
        wire.before.append(self._remember)
        wire.observers.append(self._find)

    def may_matter(self) -> bool:
        """Whether a scan that sees too little could take a device for silent within the next minute."""
        soon = self._wire.agenda.now // SECOND + 60
        return self._faults.watch(self._wire.agenda.now) and any(
            int(row["due_at"]["N"]) < soon for row in self._unseen()
        )

    def _remember(self, operation: str, call: Call) -> None:
        if operation == "UpdateItem" and call["TableName"] == _DEVICES and sets(call, "last_seen"):
            device = call["Key"]["device"]["S"]
            row = self._tables.device(self._client, device)
            if row is not None and text(row, "state") == "up":
                older = {name: value.to_json() for name, value in row.items()}
                self._older[device] = self._wire.agenda.now, older

    def _find(self, _invocation: Invocation, operation: str, call: Call, answer: Any) -> None:
        if operation != "Scan" or call["TableName"] != _DEVICES or call["Segment"] != 0:
            return
        if ":due" not in call["ExpressionAttributeValues"]:
            return  # a count of devices, which nothing is opened by
        if self._faults.strikes(self._wire.agenda.now, 5):
            due = int(call["ExpressionAttributeValues"][":due"]["N"])
            answer["Items"].extend(older for older in self._unseen() if self._is_silent_only(older, due))

    def _is_silent_only(self, older: Call, due: Instant) -> bool:
        """Whether the scan would find the older row, and does not find the present one."""
        row = self._tables.device(self._client, older["device"]["S"])
        return int(older["due_at"]["N"]) < due <= ((integer(row, "due_at") if row else None) or 0)

    def _unseen(self) -> Iterator[Call]:
        """The older rows of devices that are up and have been heard just now."""
        for device, (at, older) in self._older.items():
            if at + MOST_STALE > self._wire.agenda.now:
                row = self._tables.device(self._client, device)
                if row is not None and row["last_seen"].to_json() != older["last_seen"]:
                    yield older
