"""Row d: the sweep's look at the whole table as the fleet grows, ten devices silent in each."""

from __future__ import annotations

import json
import math
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore.session
from capacity import Looked, item_bytes
from endpoint import endpoint
from heartbeats import ITEM, NOW
from rows import Row, paired, ratio_row

from makegood.aws import forget_clients
from makegood_simulator.cloud import use_environment

FLEETS = (1_000, 10_000, 100_000, 1_000_000)
SILENT = 10
PAGE_BYTES = 1_048_576
UNIT_BYTES = 8_192
"""An eventually consistent read of so many bytes is one read unit."""
ROUNDED_UP = 1.01
"""Each page counts its last 4 KB whole."""
ROUNDS = 5
MOST_CPU_SECONDS = 15


def measure() -> list[Row]:
    """Requests, read units, CPU and time of one look at fleets of a thousand to a million devices."""
    use_environment()
    sys.path.insert(0, str(Path(__file__).parents[1] / "functions/evaluator"))
    try:
        return [row for fleet in FLEETS for row in _look(fleet)]
    finally:
        use_environment()
        forget_clients()


def _look(fleet: int) -> list[Row]:
    """Each look beside a bare client's that asks for the same pages, one after the other."""
    from makegood import aws  # noqa: PLC0415 - its settings are read when it is imported
    from silence import SEGMENTS, silent_devices  # noqa: PLC0415

    bytes_each = item_bytes(ITEM)
    pages = max(1, math.ceil(fleet / SEGMENTS * bytes_each / PAGE_BYTES))
    with endpoint({"Scan": _table(fleet // SEGMENTS, pages, SEGMENTS)}) as address:
        os.environ.update(AWS_ENDPOINT_URL=address, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS="false")
        forget_clients()
        looked = Looked(bytes_each)
        looked.at(aws.dynamodb(), "Scan")
        found = silent_devices(NOW + 600, NOW)
        if len(found.rows) != SILENT or found.examined != fleet:
            raise RuntimeError(f"found {len(found.rows)} of {found.examined}")
        requests, units = looked.requests, looked.units
        times: list[float] = []

        def look() -> None:
            started = time.monotonic()
            silent_devices(NOW + 600, NOW)
            times.append(time.monotonic() - started)

        spent = paired({"look": look, "bare": _bare(address, SEGMENTS)}, 1, ROUNDS)
    name, largest = f"sweep of {fleet:,} devices", fleet == FLEETS[-1]
    least = fleet * bytes_each / UNIT_BYTES
    return [
        ratio_row(
            "d",
            f"{name}: CPU",
            spent["look"],
            spent["bare"],
            at_most_seconds=MOST_CPU_SECONDS if largest else None,
        ),
        Row("d", f"{name}: time, without the network's", statistics.median(times), "s"),
        Row("d", f"{name}: requests", requests, "requests", pages * SEGMENTS, requests / pages / SEGMENTS),
        Row(
            "d",
            f"{name}: read units",
            units,
            "units",
            floor=least,
            ratio=units / least,
            goal="size / 8 KB" if largest else "",
            met=units <= least * ROUNDED_UP if largest else None,
        ),
    ]


def _bare(address: str, segments: int) -> Callable[[], None]:
    """The least that looks at the same pages."""
    client: Any = botocore.session.get_session().create_client("dynamodb", endpoint_url=address)

    def look() -> None:
        for segment in range(segments):
            pages = client.get_paginator("scan").paginate(
                TableName=os.environ["DEVICES_TABLE"], Segment=segment, TotalSegments=segments
            )
            for _ in pages:
                pass

    return look


def _table(rows: int, pages: int, segments: int) -> Callable[[Any], bytes]:
    """A table that answers as DynamoDB does: the filter runs there, so a page holds those that are silent."""
    silent = json.dumps({**ITEM, "due_at": {"N": str(NOW)}})
    each = rows // pages

    def answer(request: Any) -> bytes:
        page = int(request.get("ExclusiveStartKey", {}).get("device", {}).get("S", "0"))
        segment = request["Segment"]
        share = SILENT // segments + (segment < SILENT % segments)
        items = ",".join([silent] * share) if page == 0 else ""
        last = page == pages - 1
        examined = rows - each * page if last else each
        more = f'"LastEvaluatedKey": {{"client": {{"S": "c"}}, "device": {{"S": "{page + 1}"}}}},'
        return (
            f'{{{"" if last else more} "Items": [{items}], "Count": {share if page == 0 else 0}, '
            f'"ScannedCount": {examined}}}'
        ).encode()

    return answer
