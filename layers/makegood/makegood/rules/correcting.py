"""The facts of an issued period as they ought to have been: frozen, but with what turned out later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from makegood.rules.instants import Instant, format_instant, parse_instant

Json = dict[str, Any]

CHANGING: Final = ("notified_at", "planned_at", "notified_how", "calls", "pauses", "excuses")
"""What may turn out differently later. When a device was back is not among it: our own lag is ours to pay."""


def corrected_facts(frozen: Mapping[str, Any], incidents: Sequence[Json]) -> Json:
    """The frozen facts with what is known now of the client's incidents, all of which are given.

    The moment stays that of the frozen facts, so what happened after it still does not count. What somebody
    decided later about what happened before it does: an excuse is taken as granted at that moment. An
    incident that was noticed only later is added.
    """
    as_of = parse_instant(frozen["as_of"])
    devices = {device["device"] for device in frozen["devices"]}
    before = {incident["incident"]: incident for incident in frozen["incidents"]}
    told_of = [
        _as_known(before.get(incident["incident"]), incident, devices, as_of)
        for incident in incidents
        if incident["device"] in devices and parse_instant(incident["started_at"]) <= as_of
    ]
    return {**frozen, "incidents": told_of}


def changed_incidents(frozen: Mapping[str, Any], corrected: Mapping[str, Any]) -> set[str]:
    """The names of the incidents of which the corrected facts say something else."""
    before = {incident["incident"]: incident for incident in frozen["incidents"]}
    return {
        incident["incident"]
        for incident in corrected["incidents"]
        if before.get(incident["incident"]) != incident
    }


def _as_known(before: Json | None, now: Json, devices: set[str], as_of: Instant) -> Json:
    excuses = [
        {**excuse, "approved_at": min(excuse["approved_at"], format_instant(as_of))}
        for excuse in now["excuses"]
    ]
    if before is None:
        silences = [each for each in now.get("silences", []) if each["device"] in devices]
        return {**now, "excuses": excuses, **({"silences": silences} if "silences" in now else {})}
    kept = {name: value for name, value in before.items() if name not in CHANGING}
    changed: Json = {name: now[name] for name in CHANGING if name in now}
    return {**kept, **changed, "excuses": excuses}
