"""Forgets a client who has left: deletes what nothing needs any more, keeps what money and law need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from makegood import aws
from makegood.rules.contracts import covered
from makegood.rules.instants import Instant, Period, format_instant, period_of
from makegood.settings import settings
from makegood.storage.adjusting import marks_of
from makegood.storage.changes import Operator, RefusedError, change_client, known_client
from makegood.storage.contracts import versions_of
from makegood.storage.devices import RETIRED, rows_of
from makegood.storage.records import WAITING, ClientEntry, Incident, Waiting

KEPT: Final = {
    "contract": "the terms that the statements were computed by",
    "statement": "what was refunded and due, and that it was sent to whom",
    "adjustment": "corrections of issued statements, which money was paid for",
    "correction": "their numbers, so that none is made twice",
    "audit": "who changed what and when: it explains the statements",
}
"""What is kept of the client's records, by the first part of their names, and why."""

REVOKED: Final = "links of theirs were revoked, and have to stay dead"
"""Why a contact is kept whose links were."""

A_BATCH: Final = 25
MOST_ROUNDS: Final = 20

Key = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Inventory:
    """How many records of each kind go and stay, and the keys of those that go."""

    deleted: Counter[str]
    kept: Counter[str]
    keys: list[Key]
    devices: list[str]


def inventory(client: str) -> Inventory:
    """What forgetting the client would delete and keep."""
    deleted, kept, keys = Counter[str](), Counter[str](), []
    for item in _records_of(client):
        kind = item["sk"]["S"].partition("#")[0]
        if kind in KEPT or (kind == "contact" and "links_revoked_at" in item):
            kept[kind] += 1
        else:
            deleted[kind] += 1
            keys.append({"pk": item["pk"], "sk": item["sk"]})
    return Inventory(deleted, kept, keys, [row.device for row in rows_of(client)])


def objections(client: str, now: Instant) -> Iterator[str]:
    """Why the client cannot be forgotten yet, with what to do."""
    entry, versions = known_client(client), versions_of(client)
    ends = [covered(version.contract)[1] for version in versions]
    end = ends[-1] if versions else now
    if end is None or end > now:
        when = "has no end" if end is None else f"runs until {format_instant(end)}"
        yield f"The contract {when}: `makegood client end {client} --on DAY` ends it."
    elif versions:
        yield from _unissued(entry, period_of(end - 1, versions[-1].contract.zone))
    there = [row.device for row in rows_of(client) if row.state != RETIRED]
    if there:
        yield f"Still enrolled: {', '.join(there)}; `makegood device retire` ends that."
    found = Incident.query(client, Incident.sk.startswith("incident#"), consistent_read=True)
    running = [each.incident for each in found if isinstance(each, Incident) and each.open_shard is not None]
    if running:
        yield f"Still open: {', '.join(running)}."
    if marks_of(client):
        yield "A correction of an issued month is being reckoned: try again in an hour."


def forget(
    client: str, operator: Operator, found: Inventory, tick: Callable[[int], object] = lambda _: None
) -> None:
    """Deletes what the inventory names; the same again deletes what is left. `tick` is told how many went.

    RefusedError when the client has not left. An operator's change meanwhile voids what was decided.
    """
    entry = known_client(client)
    problems = list(objections(client, operator.at))
    if problems:
        raise RefusedError("\n".join(problems))
    count = len(found.keys) + len(found.devices)
    if count:
        change_client(operator, entry, f"forgotten: {count} records deleted")
    _delete(settings().records_table, found.keys, tick)
    devices = [{"client": {"S": client}, "device": {"S": device}} for device in found.devices]
    _delete(settings().devices_table, devices, tick)
    for hint in Waiting.query(WAITING, consistent_read=True):
        if str(hint.sk).endswith(f"#{client}"):
            hint.delete()


def _unissued(entry: ClientEntry, last: Period) -> Iterator[str]:
    if entry.next_period <= last:
        yield (
            f"The statement of {entry.next_period} is not issued, and the last one is that of {last}: wait "
            "for it, or `makegood statement issue`."
        )


def _records_of(client: str) -> Iterator[dict[str, Any]]:
    pages = aws.dynamodb().get_paginator("query")
    found = pages.paginate(
        TableName=settings().records_table,
        KeyConditionExpression="pk = :client",
        ExpressionAttributeValues={":client": {"S": client}},
        ProjectionExpression="pk, sk, links_revoked_at",
        ConsistentRead=True,
    )
    for page in found:
        yield from page["Items"]


def _delete(table: str, keys: Sequence[Key], tick: Callable[[int], object]) -> None:
    for start in range(0, len(keys), A_BATCH):
        batch = keys[start : start + A_BATCH]
        left: list[Any] = [{"DeleteRequest": {"Key": key}} for key in batch]
        for _ in range(MOST_ROUNDS):
            answer = aws.dynamodb().batch_write_item(RequestItems={table: left})
            left = answer.get("UnprocessedItems", {}).get(table, [])
            if not left:
                break
        else:
            raise RefusedError("DynamoDB asks to slow down: repeat the command, it goes on where it ended.")
        tick(len(batch))
