"""Whose turn it is: the clients that a scheduled function has to look at, by a time on their own rows.

Of fifty thousand clients hardly any has something due, and one query of the directory, filtered by the
server, finds them. A turn is reckoned from what is stored, so whoever changes that takes it away (`at_once`).
"""

from __future__ import annotations

import zlib
from typing import Any

from pynamodb.expressions.update import Action

from makegood import aws
from makegood.rules.instants import DAY_SECONDS, Instant
from makegood.settings import settings
from makegood.storage.attributes import OptionalIntegerAttribute
from makegood.storage.records import CLIENTS, ClientEntry
from makegood.storage.writes import update_if

RawItem = dict[str, Any]


def clients_in_turn(
    turn: OptionalIntegerAttribute, now: Instant, first: str | None = None, last: str | None = None
) -> list[RawItem]:
    """The directory's rows, undecoded, whose turn it is, who has waited longest first.

    `first` and `last` are the names of a part of the directory. What was written just now may be missing
    (eventually consistent), until the next round.
    """
    within, bounds = "", {}
    if first is not None and last is not None:
        within, bounds = " AND #sk BETWEEN :first AND :last", {":first": {"S": first}, ":last": {"S": last}}
    pages = (
        aws.dynamodb()
        .get_paginator("query")
        .paginate(
            TableName=settings().records_table,
            KeyConditionExpression=f"#pk = :clients{within}",
            FilterExpression="attribute_not_exists(#turn) OR #turn <= :now",
            ExpressionAttributeNames={
                "#pk": "pk",
                "#turn": turn.attr_name,
                **({"#sk": "sk"} if within else {}),
            },
            ExpressionAttributeValues={":clients": {"S": CLIENTS}, ":now": {"N": str(now)}, **bounds},
        )
    )
    rows = [row for page in pages for row in page["Items"]]
    return sorted(rows, key=lambda row: (int(row.get(turn.attr_name, {"N": "0"})["N"]), name_of(row)))


def name_of(row: RawItem) -> str:
    """Whose row it is."""
    return str(row["sk"]["S"])


def next_turn(entry: ClientEntry, turn: OptionalIntegerAttribute, at: Instant) -> bool:
    """Notes when the client is next looked at; False when what that was reckoned from has changed."""
    unchanged = (ClientEntry.revision == entry.revision) & (ClientEntry.next_period == entry.next_period)
    return update_if(ClientEntry(CLIENTS, entry.client), [turn.set(at)], unchanged)


def at_once() -> list[Action]:
    """What turns were reckoned from changes: every one comes at once."""
    return [ClientEntry.closes_at.remove(), ClientEntry.checks_at.remove()]


def within_a_day(client: str, now: Instant) -> Instant:
    """Nobody is left alone for longer, whatever was reckoned; each client at another hour, to spread them."""
    half = DAY_SECONDS // 2
    return now + half + zlib.crc32(client.encode()) % half
