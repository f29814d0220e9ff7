"""What an issued period ought to have come to, by what turned out later, as the specification words it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from makegood.rules.instants import Instant, parse_instant
from makegood_simulator.reading_refunds import refund_cents
from makegood_simulator.reading_verdicts import Json

TOLD = ("notified_at", "planned_at", "pauses")


def owed_cents(statement: Json, facts: Json, present: Iterable[Json]) -> int:
    """The refund of the period by its frozen facts with what is known now, as of the same moment.

    Who was told, waits and excuses may turn out differently; what was back when may not. An incident that the
    frozen facts do not have was over before the period, or was noticed only later.
    """
    as_of = parse_instant(facts["as_of"])
    frozen = {incident["incident"]: incident for incident in facts["incidents"]}
    incidents = []
    for now in present:
        if parse_instant(now["started_at"]) > as_of:
            continue
        row = dict(frozen.get(now["incident"], now))
        for name in TOLD:
            row[name] = now[name]
        row["excuses"] = [_excuse(excuse, as_of, facts["as_of"]) for excuse in now["excuses"]]
        incidents.append(row)
    return refund_cents(statement, {**facts, "incidents": incidents})


def _excuse(excuse: dict[str, Any], as_of: Instant, written: str) -> dict[str, Any]:
    """Whoever granted it later granted it for then."""
    late = parse_instant(excuse["approved_at"]) > as_of
    return {**excuse, "approved_at": written if late else excuse["approved_at"]}
