"""How many devices are up and when they were heard, counted by a scan that is made only when it is needed."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from makegood import aws
from makegood.rules.instants import Instant
from makegood.settings import settings
from makegood.storage.canary import CLIENT
from silence import SEGMENTS


def last_seen_of_devices() -> Counter[Instant]:
    """How many of the devices that are up were last heard at each instant; the canary is none of them."""
    with ThreadPoolExecutor(max_workers=SEGMENTS) as pool:
        return sum(pool.map(_count, range(SEGMENTS)), Counter[Instant]())


def heard_by_half(last_seen: Counter[Instant]) -> Instant | None:
    """The newest instant at or after which at least half of the devices were heard; None without devices."""
    heard = 0
    for at in sorted(last_seen, reverse=True):
        heard += last_seen[at]
        if 2 * heard >= last_seen.total():
            return at
    return None


def _count(segment: int) -> Counter[Instant]:
    """Page by page, so that a large fleet needs little memory."""
    pages = (
        aws.dynamodb()
        .get_paginator("scan")
        .paginate(
            TableName=settings().devices_table,
            Segment=segment,
            TotalSegments=SEGMENTS,
            ProjectionExpression="last_seen",
            FilterExpression="#state = :up AND #client <> :canary",
            ExpressionAttributeNames={"#state": "state", "#client": "client"},
            ExpressionAttributeValues={":up": {"S": "up"}, ":canary": {"S": CLIENT}},
        )
    )
    rows = (row.get("last_seen", {}) for page in pages for row in page["Items"])
    return Counter(int(seen["N"]) for seen in rows if "N" in seen)
