"""The facts of an issued period as they ought to have been: frozen, but with what turned out later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from makegood.rules.instants import Instant, format_instant, parse_instant, period_bounds

Json = dict[str, Any]

CHANGING: Final = ("notified_at", "planned_at", "notified_how", "calls", "pauses", "excuses")
"""What may turn out differently later. When a device was back is not among it: our own lag is ours to pay."""


def corrected_facts(frozen: Mapping[str, Any], incidents: Sequence[Json]) -> Json:
    """The frozen facts with what is known now of the client's incidents, all of which are given.

    The moment stays that of the frozen facts, so what happened after it still does not count. What somebody
    decided later about what happened before it does: an excuse is taken as granted at that moment. An
    incident that was noticed only later is added, unless it began when the period was over.
    """
    as_of, ends_at = parse_instant(frozen["as_of"]), _end_of_period(frozen)
    devices = {device["device"] for device in frozen["devices"]}
    before = {incident["incident"]: incident for incident in frozen["incidents"]}
    told_of = [
        _as_known(before.get(incident["incident"]), incident, devices, as_of)
        for incident in incidents
        if incident["device"] in devices
        and parse_instant(incident["started_at"]) <= as_of
        and (incident["incident"] in before or parse_instant(incident["started_at"]) < ends_at)
    ]
    return {**frozen, "incidents": _apart(told_of)}


def gains(corrections: Sequence[int]) -> list[int]:
    """What the client is told that each correction of a period brings, of those settled in one place.

    In the order they were made: what one takes back and another gives again has been told already. Where no
    statement follows it has been paid, too, since what is taken back is not asked for.
    """
    total, told, brought = 0, 0, []
    for cents in corrections:
        total += cents
        brought.append(max(0, total - told))
        told += brought[-1]
    return brought


def forgiven_of(apart: Sequence[int]) -> int:
    """How much the corrections that were settled apart took back and nobody asked for, in cents."""
    return sum(gains(apart)) - sum(apart)


def on_a_statement(cents: int, forgiven: int) -> int:
    """What a correction of so many cents comes to on the statement of a client who has come back.

    What was forgiven meanwhile the client still has: giving it back is not giving it again.
    """
    return cents if cents < 0 else max(0, cents - forgiven)


def _end_of_period(frozen: Mapping[str, Any]) -> Instant:
    return period_bounds(frozen["period"], ZoneInfo(frozen["contract"]["timezone"]))[1]


def _apart(incidents: Sequence[Json]) -> list[Json]:
    """What was frozen as down still was back at the latest when the next outage of its device began."""
    parted = []
    for incident in incidents:
        begun = (each["started_at"] for each in incidents if each["device"] == incident["device"])
        next_at = min((at for at in begun if at > incident["started_at"]), default=None)
        goes_on = next_at is not None and (incident["restored_at"] or next_at) >= next_at
        parted.append({**incident, "restored_at": next_at} if goes_on else incident)
    return parted


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
