"""What DynamoDB bills for a request, computed from the bytes of items: emulators' figures are made up.

A write counts each started KB of the item as it was or became, whichever is larger, also when its condition
refuses it; within a transaction twice. A change of the index's entry counts once more. A read counts each
started 4 KB of everything it looked at, before any filter: half a unit when eventually consistent, one when
strongly, two within a transaction.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Item = Mapping[str, Mapping[str, Any]]
Call = Mapping[str, Any]
Ask = Callable[[str, dict[str, Any]], Any]
"""Makes a call of DynamoDB that is not counted itself."""

WRITE_BYTES, READ_BYTES = 1_024, 4_096
KEYS = {"Devices": ("client", "device"), "Records": ("pk", "sk")}
INDEX_KEYS = {"Devices": (), "Records": ("open_shard", "wake_at")}
"""Of the table's only index; it holds whole items, of those that have both."""

WRITES = {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"}
READS = {"GetItem", "BatchGetItem", "TransactGetItems", "Query", "Scan"}


@dataclass(frozen=True)
class Write:
    """One item that a request writes."""

    table: str
    key: dict[str, Any]
    times: int = 1
    """Two within a transaction."""


def item_bytes(item: Item) -> int:
    """What DynamoDB counts of an item: names and values."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S" | "B":
            return len(content.encode() if kind == "S" else content)
        case "N":  # a byte for two digits, and one
            return math.ceil(len(content.strip("-").replace(".", "")) / 2) + 1
        case "SS" | "NS" | "BS":
            return sum(_value_bytes({kind[0]: each}) for each in content)
        case "L" | "M":
            return 3 + sum(1 + _element_bytes(each) for each in (content.items() if kind == "M" else content))
        case _:
            return 1


def _element_bytes(element: Any) -> int:
    """Of a list, or the name and value of one of a map."""
    if isinstance(element, tuple):
        name, value = element
        return len(name.encode()) + _value_bytes(value)
    return _value_bytes(element)


def writes(operation: str, call: Call) -> Iterator[Write]:
    """Each item that a request writes, or checks within a transaction."""
    if operation == "TransactWriteItems":
        for act in call["TransactItems"]:
            ((_, write),) = act.items()
            yield Write(write["TableName"], _key(write), times=2)
    elif operation == "BatchWriteItem":
        for table, acts in call["RequestItems"].items():
            for act in acts:
                ((_, write),) = act.items()
                yield Write(table, _key({"TableName": table, **write}))
    elif operation in WRITES:
        yield Write(call["TableName"], _key(call))


def _key(write: Call) -> dict[str, Any]:
    of = write.get("Key") or write["Item"]
    return {name: of[name] for name in KEYS[write["TableName"]]}


def found(write: Write, ask: Ask) -> Item | None:
    """The item as it is now."""
    answer = ask("GetItem", {"TableName": write.table, "Key": write.key, "ConsistentRead": True})
    item: Item | None = answer.get("Item")
    return item


def write_units(write: Write, before: Item | None, after: Item | None) -> int:
    """Of the table and of its index."""
    return write.times * _units(before, after) + _index_units(write.table, before, after)


def _index_units(table: str, before: Item | None, after: Item | None) -> int:
    old, new = (_entry(table, item) for item in (before, after))
    if before == after or (old is None and new is None):
        return 0
    if old is None or new is None or old == new:
        return _units(before if old else None, after if new else None)
    return _units(before) + _units(after)  # its key changed: one entry goes, another comes


def _entry(table: str, item: Item | None) -> tuple[Any, ...] | None:
    """Where the index has the item; None when it does not."""
    names = INDEX_KEYS[table]
    return tuple(item[name] for name in names) if item and names and all(n in item for n in names) else None


def _units(*items: Item | None) -> int:
    return max(1, *(math.ceil(item_bytes(item) / WRITE_BYTES) for item in items if item), 1)


def read_units(operation: str, call: Call, answer: Any, ask: Ask) -> float:
    """Of a read that was answered so."""
    match operation:
        case "Query" | "Scan":
            whole = {**call}
            for filtered in ("FilterExpression", "ProjectionExpression", "Select"):
                whole.pop(filtered, None)
            if len(whole) < len(call):
                answer = ask(operation, _without_unused(whole))
            looked_at = sum(map(item_bytes, answer.get("Items", ())))
            return _read(looked_at, 1 if call.get("ConsistentRead") else 0.5)
        case "GetItem":
            each = 1 if call.get("ConsistentRead") else 0.5
            return _read(item_bytes(answer.get("Item", {})), each)
        case _:
            raise NotImplementedError(f"what {operation} costs is not worked out")


def _read(looked_at: int, each: float) -> float:
    return max(1, math.ceil(looked_at / READ_BYTES)) * each


@dataclass
class Looked:
    """What a client asked for of items that are all so large, by the numbers that the pages tell."""

    bytes_each: int
    requests: int = 0
    units: float = 0

    def at(self, client: Any, operation: str) -> None:
        """Counts each of its requests from now on."""
        events = client.meta.events
        events.register(f"before-parameter-build.dynamodb.{operation}", self._asks)
        events.register(f"after-call.dynamodb.{operation}", self._answered)

    def _asks(self, params: Call, context: dict[str, Any], **_: Any) -> None:
        context["each"] = 1 if params.get("ConsistentRead") else 0.5

    def _answered(self, parsed: Any, context: dict[str, Any], **_: Any) -> None:
        self.requests += 1
        self.units += _read(parsed["ScannedCount"] * self.bytes_each, context["each"])


def _without_unused(call: dict[str, Any]) -> dict[str, Any]:
    """Names and values that only the filter used are refused without it."""
    said = f"{call.get('KeyConditionExpression', '')} "
    for used in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
        kept = {name: value for name, value in call.get(used, {}).items() if name in said}
        call = {**call, used: kept} if kept else {key: given for key, given in call.items() if key != used}
    return call
