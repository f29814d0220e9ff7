"""The facts of an issued period as they ought to have been: frozen, but with its incidents as now known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from makegood.rules.instants import Instant, format_instant, parse_instant

Json = dict[str, Any]


def corrected_facts(frozen: Mapping[str, Any], incidents: Sequence[Json]) -> Json:
    """The frozen facts with these incidents, all of the client's, in the place of their own.

    The moment stays that of the frozen facts, so what happened after it still does not count. What somebody
    decided later about what happened before it does: an excuse is taken as granted at that moment.
    """
    as_of = parse_instant(frozen["as_of"])
    known = {device["device"] for device in frozen["devices"]}
    told_of = [
        _as_known(incident, known, as_of)
        for incident in incidents
        if incident["device"] in known and parse_instant(incident["started_at"]) <= as_of
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


def _as_known(incident: Json, devices: set[str], as_of: Instant) -> Json:
    excuses = [
        {**excuse, "approved_at": min(excuse["approved_at"], format_instant(as_of))}
        for excuse in incident["excuses"]
    ]
    known: Json = {**incident, "excuses": excuses}
    if "silences" in incident:
        known["silences"] = [silence for silence in incident["silences"] if silence["device"] in devices]
    return known
