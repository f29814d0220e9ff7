"""Row b: what Makegood asks of AWS for a heartbeat, an incident, a statement and for being there.

Requests are counted where clients make them, on a stand-in for AWS; capacity is computed from the bytes of
items. `makegood cost` reads the figures from a file, which is written anew when they have changed.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deployed import deployed
from lives import DAY, HEARTBEAT, INCIDENT, STATEMENT, STATEMENT_DEVICES, Measured, lives
from metering import EVENTS, LOG_BYTES, READ_UNITS, RUNS, WRITE_UNITS, Counted
from rows import Row

FILE = Path(__file__).parents[1] / "cli/makegood_cli/cost/measured.json"
NO_REQUEST = {RUNS, EVENTS, READ_UNITS, WRITE_UNITS, LOG_BYTES}

OTHERS = {
    INCIDENT: "incident, from silence to its closing mails",
    STATEMENT: f"statement of {STATEMENT_DEVICES} devices",
    DAY: "day of the schedules",
}


def measure() -> list[Row]:
    """The figures as rows."""
    found = lives()
    keep(found)
    return [*_beat_rows(found[HEARTBEAT]), *(row for name in OTHERS for row in _rows(name, found[name]))]


def _beat_rows(beat: Counted) -> list[Row]:
    asked = {what: number for (_, what), number in beat.items() if what not in NO_REQUEST}
    one_write = Row(
        "b",
        "heartbeat of a device that is up: requests",
        sum(asked.values()),
        "requests",
        floor=1,
        ratio=sum(asked.values()),
        goal="one write, no read",
        met=asked == {"UpdateItem": 1},
    )
    return [one_write, *_rows(HEARTBEAT, beat)[1:]]


def _rows(name: str, counted: Counted) -> list[Row]:
    whole: Counter[str] = Counter()
    for (_, what), number in counted.items():
        whole[what] += number
    asked = sum(number for what, number in whole.items() if what not in NO_REQUEST)
    what = OTHERS.get(name, name)
    return [
        Row("b", f"{what}: requests", asked, "requests"),
        Row("b", f"{what}: write units", whole[WRITE_UNITS], "units"),
        Row("b", f"{what}: read units", whole[READ_UNITS], "units"),
    ]


def keep(found: Measured) -> None:
    """Writes what was measured, with the date, unless the same is there already."""
    if not FILE.exists() or not agrees(found, json.loads(FILE.read_text())):
        today = f"{datetime.now(UTC):%Y-%m-%d}"
        kept = {"measured_on": today, "measured": as_json(found), "deployed": deployed()}
        FILE.write_text(json.dumps(kept, indent=1) + "\n")


def agrees(found: Measured, kept: dict[str, Any]) -> bool:
    """Whether what is kept is what was found, by counts."""
    return counts(as_json(found)) == counts(kept["measured"]) and deployed() == kept["deployed"]


def as_json(found: Measured) -> dict[str, Any]:
    """Thing -> function -> what -> how many."""
    return {
        name: {
            function: {
                what: round(number, 3) for (of, what), number in sorted(counted.items()) if of == function
            }
            for function in sorted({of for of, _ in counted})
        }
        for name, counted in found.items()
    }


def counts(found: dict[str, Any]) -> dict[str, Any]:
    """All but the bytes of logs, which differ from run to run."""
    return {
        name: {
            function: {what: number for what, number in of.items() if what != LOG_BYTES}
            for function, of in functions_of.items()
        }
        for name, functions_of in found.items()
    }
