"""Row d: the sweep's look at the whole table as the fleet grows, ten devices silent in each."""

from __future__ import annotations

import json
import math
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from capacity import item_bytes
from endpoint import endpoint
from heartbeats import ITEM, NOW
from rows import Row, limit_row

from makegood_simulator.cloud import use_environment

FLEETS = (1_000, 10_000, 100_000, 1_000_000)
SILENT = 10
PAGE_BYTES = 1_048_576
UNIT_BYTES = 8_192
"""An eventually consistent read of so many bytes is one read unit."""
MOST_CPU_SECONDS = 15


def measure() -> list[Row]:
    """Requests, read units, CPU and time of one look at fleets of a thousand to a million devices."""
    use_environment()
    sys.path.insert(0, str(Path(__file__).parents[1] / "functions/evaluator"))
    return [row for fleet in FLEETS for row in _look(fleet)]


def _look(fleet: int) -> list[Row]:
    from makegood import aws  # noqa: PLC0415 - its settings are read when it is imported
    from silence import SEGMENTS, silent_devices  # noqa: PLC0415

    bytes_each = item_bytes(ITEM)
    pages = max(1, math.ceil(fleet / SEGMENTS * bytes_each / PAGE_BYTES))
    with endpoint({"Scan": _table(fleet // SEGMENTS, pages, SEGMENTS)}) as address:
        os.environ.update(AWS_ENDPOINT_URL=address, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS="false")
        aws.forget_clients()
        aws.dynamodb()
        cpu, wall = time.process_time(), time.monotonic()
        found = silent_devices(NOW + 600, NOW)
        cpu, wall = time.process_time() - cpu, time.monotonic() - wall
    if len(found.rows) != SILENT or found.examined != fleet:
        raise RuntimeError(f"found {len(found.rows)} of {found.examined}")
    name = f"sweep of {fleet:,} devices"
    return [
        limit_row("d", f"{name}: CPU", cpu, "s", MOST_CPU_SECONDS if fleet == FLEETS[-1] else None),
        Row("d", f"{name}: time, without the network's", wall, "s"),
        Row("d", f"{name}: requests", pages * SEGMENTS, "requests"),
        Row("d", f"{name}: read units", math.ceil(fleet * bytes_each / UNIT_BYTES), "units"),
    ]


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
