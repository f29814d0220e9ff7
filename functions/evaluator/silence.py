"""The parallel scan of Devices: its filter runs on the server, so only the overdue ones come back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from makegood import aws
from makegood.rules.instants import Instant
from makegood.settings import settings

SEGMENTS = 4

RawItem = dict[str, Any]


@dataclass(frozen=True)
class Found:
    """Rows, undecoded, and how many were looked at."""

    rows: list[RawItem]
    examined: int

    def any_due_since(self, instant: Instant) -> bool:
        """Whether anything fell due at or after the instant."""
        return any(int(row["due_at"]["N"]) >= instant for row in self.rows)


def silent_devices(due_before: Instant, down_since: Instant) -> Found:
    """What was due before an instant (eventually consistent).

    These are devices that are up, and practice feeds with a job whose end was due; and, to count what falls
    silent at once, devices that went down, were due at or after `down_since` and are not back.
    """
    with ThreadPoolExecutor(max_workers=SEGMENTS) as pool:
        parts = list(pool.map(lambda segment: _scan(segment, due_before, down_since), range(SEGMENTS)))
    return Found([row for part in parts for row in part.rows], sum(part.examined for part in parts))


def _scan(segment: int, due_before: Instant, down_since: Instant) -> Found:
    pages = (
        aws.dynamodb()
        .get_paginator("scan")
        .paginate(
            TableName=settings().devices_table,
            Segment=segment,
            TotalSegments=SEGMENTS,
            FilterExpression="due_at < :due AND (#state IN (:up, :running)"
            " OR (#state = :down AND due_at >= :since AND attribute_not_exists(back_since)))",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues={
                ":up": {"S": "up"},
                ":running": {"S": "running"},
                ":down": {"S": "down"},
                ":due": {"N": str(due_before)},
                ":since": {"N": str(down_since)},
            },
        )
    )
    rows: list[RawItem] = []
    examined = 0
    for page in pages:
        rows += page["Items"]
        examined += page["ScannedCount"]
    return Found(rows, examined)
