"""Row i: rounds of `close` and `practices` over 50,000 clients, and what one with something due takes."""

from __future__ import annotations

import importlib
import json
import math
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import busy_client
from capacity import Looked, item_bytes
from endpoint import endpoint
from replay import Recording
from rows import Row, limit_row, ratio_row

from makegood import aws, clock
from makegood.rules.instants import DAY_SECONDS
from makegood.storage.records import CLIENTS, ClientEntry, ContractVersion
from makegood_simulator import cloud
from makegood_simulator.events import Context, schedule_event

FLEET = 50_000
DUE = 100
DEVICES_EACH = 20
LOOKS = 7
PAGE_BYTES, UNIT_BYTES = 1_048_576, 8_192
MOST_CPU_SECONDS = 1.0
EVENING = busy_client.STARTS_AT + 14 * DAY_SECONDS + 23 * 3_600
FUNCTIONS = Path(__file__).parents[1] / "functions"


def measure() -> list[Row]:
    """A round in which nothing is due; then what each function takes for a client with something due."""
    cloud.use_environment()
    sys.path[:0] = [str(FUNCTIONS / name) for name in ("reporter", "evaluator")]
    with cloud.silence():
        close, practices = (importlib.import_module(name).handler for name in ("close", "practices"))
        return [*_nothing_due(close), *_asked_for(close), *_looked_at(practices)]


def _nothing_due(close: Callable[..., Any]) -> list[Row]:
    row = {
        "pk": {"S": CLIENTS},
        "sk": {"S": "a-client-of-usual-length"},
        "model": {"S": "ClientEntry"},
        "name": {"S": "Acme Dental Group of Springfield"},
        "next_period": {"S": busy_client.PERIOD},
        "judged_day": {"S": "2026-03-14"},
        "closes_at": {"N": str(EVENING)},
        "checks_at": {"N": str(EVENING)},
        "revision": {"N": "3"},
    }
    size = FLEET * item_bytes(row)
    pages = math.ceil(size / PAGE_BYTES)
    with endpoint({"Query": _directory(pages)}) as address:
        os.environ.update(AWS_ENDPOINT_URL=address, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS="false")
        aws.forget_clients()
        close(schedule_event(), Context())
        looked = Looked(item_bytes(row))
        looked.at(aws.dynamodb(), "Query")
        started = time.process_time()
        answer = close(schedule_event(), Context())
        cpu = time.process_time() - started
    cloud.use_environment()
    aws.forget_clients()
    if answer["looked"] or answer["parts"]:
        raise RuntimeError(f"something was due: {answer}")
    name = f"round over {FLEET:,} clients, nothing due"
    return [
        limit_row("i", f"{name}: CPU", cpu, "s", MOST_CPU_SECONDS),
        Row("i", f"{name}: requests", looked.requests, "requests"),
        Row(
            "i",
            f"{name}: read units",
            looked.units,
            "units",
            size / UNIT_BYTES,
            looked.units * UNIT_BYTES / size,
        ),
    ]


def _directory(pages: int) -> Callable[[Any], bytes]:
    """Answers as DynamoDB does whose filter leaves nothing; the query for marks of changes finds none."""

    def answer(request: Any) -> bytes:
        page = int(request.get("ExclusiveStartKey", {}).get("sk", {}).get("S", "0"))
        found: dict[str, Any] = {"Items": [], "Count": 0, "ScannedCount": 0}
        if "IndexName" not in request:
            found["ScannedCount"] = FLEET // pages
        if "IndexName" not in request and page < pages - 1:
            found["LastEvaluatedKey"] = {"pk": {"S": CLIENTS}, "sk": {"S": str(page + 1)}}
        return json.dumps(found).encode()

    return answer


def _asked_for(close: Callable[..., Any]) -> list[Row]:
    """A night of statements: each is asked for."""
    with cloud.cloud():
        _at(busy_client.ISSUED_AT)
        for number in range(DUE):
            client = f"client-{number:03}"
            terms = {**busy_client.CONTRACT, "client": client}
            ContractVersion(client, "contract#2026-01-01", terms=terms, applied_at=1, applied_by="-").save()
            ClientEntry(CLIENTS, client, next_period=busy_client.PERIOD).save()
        recording = Recording()
        with recording.recorded():
            close(schedule_event(), Context())
        seconds, floors = recording.cpu_beside_bare(lambda: _ask(close), LOOKS)
    each, least = ([spent / DUE for spent in of] for of in (seconds, floors))
    return [
        ratio_row("i", "client whose statement is due, each tick: CPU", each, least),
        Row("i", "client whose statement is due: requests", len(recording.requests) / DUE, "requests"),
    ]


def _ask(close: Callable[..., Any]) -> None:
    asked = close(schedule_event(), Context())["asked"]
    if asked != DUE:
        raise RuntimeError(f"{asked} of {DUE} were asked for")


def _looked_at(practices: Callable[..., Any]) -> list[Row]:
    """A client of usual size in the last two hours of its day, in the middle of the month."""
    with cloud.cloud():
        _at(EVENING)
        busy_client.store(DEVICES_EACH, incidents=4)
        ClientEntry(CLIENTS, busy_client.CLIENT).update([ClientEntry.judged_day.set("2026-03-14")])
        practices(schedule_event(), Context())
        recording = Recording()
        with recording.recorded():
            practices(schedule_event(), Context())
        seconds, floors = recording.cpu_beside_bare(lambda: practices(schedule_event(), Context()), LOOKS)
    name = f"client of {DEVICES_EACH} devices in its evening, each tick"
    return [
        ratio_row("i", f"{name}: CPU", seconds, floors),
        Row("i", f"{name}: requests", len(recording.requests), "requests"),
    ]


def _at(now: int) -> None:
    clock.now = lambda: now
    clock.after_effect = lambda: now + 1
