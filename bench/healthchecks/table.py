"""The stand-in for Makegood's tables as its sweep meets them: fleets of a size, some of it silent."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from busy_client import CONTRACT
from capacity import item_bytes
from endpoint import Answers, always
from heartbeats import ITEM, NOW
from sweeps import PAGE_BYTES, UNIT_BYTES

from makegood.storage.canary import CLIENT as CANARY
from makegood.storage.canary import DEVICE as CANARY_DEVICE

SEGMENTS = 4
GRACE = int(ITEM["grace_seconds"]["N"])
LATE = NOW - GRACE - 60
"""When the silent ones were last seen: due a minute ago."""


@dataclass
class Table:
    """What is in it, and what was asked. All of it lives in the stand-in's process."""

    fleet: int = SEGMENTS
    pages: dict[tuple[int, int], bytes] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    opened: list[str] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def answers(self) -> Answers:
        """What the sweep asks; and, of the benchmark, to prepare and to tell."""
        started = {
            "executionArn": "arn:aws:states:eu-west-1:123456789012:execution:Incident:x",
            "startDate": NOW,
        }
        asked: dict[str, Callable[[Any], bytes]] = {
            "GetItem": always({"Item": _device(CANARY, CANARY_DEVICE, NOW - 1)}),
            "Scan": self._scan,
            "Query": _query,
            "TransactWriteItems": self._open,
            "StartExecution": always(started),
        }
        counted = {name: self._counted(name, answer) for name, answer in asked.items()}
        return {**counted, "Prepare": self._prepare, "Tell": self._tell}

    def _counted(self, name: str, answer: Callable[[Any], bytes]) -> Callable[[Any], bytes]:
        def counted(request: Any) -> bytes:
            with self._lock:
                self.asked[name] += 1
            return answer(request)

        return counted

    def _prepare(self, request: Any) -> bytes:
        self.fleet, silent, clients = request["fleet"], request["silent"], request["clients"]
        self.asked.clear()
        self.opened.clear()
        self.pages = {}
        pages = pages_each(self.fleet)
        rows: dict[tuple[int, int], list[str]] = {}
        for turn, number in enumerate(silent):
            place = number * SEGMENTS * pages // self.fleet
            row = json.dumps(_device(f"client-{turn % clients:06}", device_name(number), LATE))
            rows.setdefault(divmod(place, pages), []).append(row)
        for segment in range(SEGMENTS):
            for page in range(pages):
                found = rows.get((segment, page), [])
                self.pages[segment, page] = self._page(page, pages, found)
        return b"{}"

    def _page(self, page: int, pages: int, found: list[str]) -> bytes:
        """The filter runs at DynamoDB, so a page holds those that are silent, and where to go on."""
        examined = self.fleet // SEGMENTS // pages
        if page == pages - 1:
            examined = self.fleet // SEGMENTS - examined * page
        more = (
            f'"LastEvaluatedKey": {{"client": {{"S": "client-000000"}}, "device": {{"S": "{page + 1}"}}}}, '
        )
        return (
            f'{{{"" if page == pages - 1 else more}"Items": [{",".join(found)}], '
            f'"Count": {len(found)}, "ScannedCount": {examined}}}'
        ).encode()

    def _scan(self, request: Any) -> bytes:
        page = int(request.get("ExclusiveStartKey", {}).get("device", {}).get("S", "0"))
        return self.pages[request["Segment"], page]

    def _open(self, request: Any) -> bytes:
        """An incident: what becomes of its device is in the same transaction."""
        devices = [
            write["Update"]["Key"]["device"]["S"] for write in request["TransactItems"] if "Update" in write
        ]
        with self._lock:
            self.opened += devices
        return b'{"ConsumedCapacity": [], "ItemCollectionMetrics": {}}'

    def _tell(self, _request: Any) -> bytes:
        return json.dumps({"names": sorted(self.opened), "asked": self.asked}).encode()


def device_name(number: int) -> str:
    return f"device-{number:06}"


def pages_each(fleet: int) -> int:
    """How many pages each segment of the scan has."""
    return max(1, math.ceil(fleet / SEGMENTS * item_bytes(ITEM) / PAGE_BYTES))


def read_units(fleet: int) -> int:
    """What one look at the whole table takes, eventually consistent."""
    return math.ceil(fleet * item_bytes(ITEM) / UNIT_BYTES)


def _device(client: str, name: str, last_seen: int) -> dict[str, Any]:
    seen = {"last_seen": {"N": str(last_seen)}, "due_at": {"N": str(last_seen + GRACE)}}
    return {**ITEM, "client": {"S": client}, "device": {"S": name}, "name": {"S": name}, **seen}


def _query(request: Any) -> bytes:
    """A client has its contract and nothing else; there is no gap, no hold and no other open incident."""
    values = request["ExpressionAttributeValues"]
    if values.get(":1") != {"S": "contract#"}:
        return b'{"Items": [], "Count": 0, "ScannedCount": 0}'
    item = {
        "pk": values[":0"],
        "sk": {"S": "contract#2026-01-01"},
        "applied_at": {"N": str(NOW - 86_400)},
        "applied_by": {"S": "bench"},
        "model": {"S": "ContractVersion"},
        "terms": {"S": json.dumps({**CONTRACT, "client": values[":0"]["S"]})},
    }
    return json.dumps({"Items": [item], "Count": 1, "ScannedCount": 1}).encode()
