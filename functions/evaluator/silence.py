"""The parallel scan of Devices: its filter runs on the server, so only the overdue ones come back."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from makegood import aws
from makegood.rules.instants import Instant
from makegood.settings import settings

SEGMENTS = 4

RawItem = dict[str, Any]


def silent_devices(due_before: Instant) -> Iterator[RawItem]:
    """The rows, undecoded, of what was due before an instant (eventually consistent).

    These are devices that are up, and practice feeds with a job whose end was due.
    """
    with ThreadPoolExecutor(max_workers=SEGMENTS) as pool:
        for rows in pool.map(lambda segment: list(_scan(segment, due_before)), range(SEGMENTS)):
            yield from rows


def _scan(segment: int, due_before: Instant) -> Iterator[RawItem]:
    pages = (
        aws.dynamodb()
        .get_paginator("scan")
        .paginate(
            TableName=settings().devices_table,
            Segment=segment,
            TotalSegments=SEGMENTS,
            FilterExpression="#state IN (:up, :running) AND due_at < :due",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues={
                ":up": {"S": "up"},
                ":running": {"S": "running"},
                ":due": {"N": str(due_before)},
            },
        )
    )
    for page in pages:
        yield from page["Items"]
