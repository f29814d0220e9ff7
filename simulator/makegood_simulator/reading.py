"""An independent reading of what happened: what the facts of a period must say, whoever wrote them.

It follows the specification and knows none of the code that keeps the records.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from makegood.rules.contracts import parse_contract
from makegood.rules.instants import Instant, format_instant, parse_instant, period_bounds
from makegood_simulator.reading_contracts import Json, Version, read_versions, return_of, terms_of_period
from makegood_simulator.reading_early import early_mails
from makegood_simulator.reading_evidence import compare_evidence, newest_by_day
from makegood_simulator.reading_incidents import (
    Incident,
    Situation,
    compare_incident,
    may_be_history,
    read_incident,
)
from makegood_simulator.reading_late import late_mails
from makegood_simulator.reading_mails import Post
from makegood_simulator.reading_maintenance import counting, maintenance_rows, untold
from makegood_simulator.reading_outages import Outage, Pulse, follow, outages, retired_at
from makegood_simulator.reading_silence import unmonitored
from makegood_simulator.reading_sites import Stretch, wrong_silences
from makegood_simulator.witness import Act, Enrolled, Milliseconds, Witness

__all__ = [
    "CALM_LAG_SECONDS",
    "LAG_SECONDS",
    "Outage",
    "Pulse",
    "differences",
    "follow",
    "lateness",
    "outages",
]

LAG_SECONDS = 45 * 60
"""How late something may be noticed while things go wrong: sweeps are lost for half an hour, timers late."""

CALM_LAG_SECONDS = 2 * 60
"""How late when nothing does: a sweep comes every minute, and a timer wakes a little after its time."""


def differences(
    facts: Mapping[str, Any], witness: Witness, now_ms: Milliseconds, *, lag_seconds: int = LAG_SECONDS
) -> list[str]:
    """What the facts of a period, gathered at `now_ms`, say otherwise than what happened: one sentence each.

    What could be noticed only within the last `lag_seconds` may be on record or not. Adjustments
    are not looked at.
    """
    reading = _Reading(witness, now_ms, lag_seconds)
    return [
        *reading.compare_contract(facts),
        *reading.compare_devices(facts),
        *reading.compare_incidents(facts),
        *reading.compare_evidence(facts),
        *reading.compare_unmonitored(facts),
    ]


def lateness(
    witness: Witness,
    now_ms: Milliseconds,
    technicians: Sequence[str],
    *,
    lag_seconds: int = LAG_SECONDS,
) -> list[str]:
    """What left later than it was to be noticed, or never, or before it had a cause: one sentence each."""
    reading = _Reading(witness, now_ms, lag_seconds)
    return [
        *late_mails(reading.incidents, witness, technicians, now_ms, lag_seconds),
        *early_mails(reading.incidents, witness, technicians),
        *untold(witness, now_ms, lag_seconds),
    ]


class _Reading:
    """What had happened by an instant."""

    def __init__(self, witness: Witness, now_ms: Milliseconds, lag_seconds: int) -> None:
        self._now: Instant = now_ms // 1000
        self._now_up: Instant = -(-now_ms // 1000)
        self._lag = lag_seconds
        self._witness = witness
        self._versions: list[Version] = read_versions(witness.contracts)
        self._enrolled: dict[str, Enrolled] = {known.device: known for known in witness.enrolled}
        self._pulses = {device: follow(witness, device, self._now) for device in self._enrolled}
        self._incidents = {
            incident.outage.incident: incident
            for incident in self._read_incidents(Post(witness, now_ms, lag_seconds))
        }

    @property
    def incidents(self) -> list[Incident]:
        return list(self._incidents.values())

    def compare_contract(self, facts: Mapping[str, Any]) -> Iterator[str]:
        expected = terms_of_period(self._versions, facts["period"])
        if facts["contract"] != expected:
            yield f"contract: the facts say {facts['contract']}, what was applied says {expected}"
        returns = return_of(self._versions, facts["period"]) if expected is not None else None
        if facts.get("returns_on") != returns:
            yield f"contract: the facts say it returns on {facts.get('returns_on')}, not on {returns}"
        announced = self._maintenance(facts["period"]) if expected is not None else []
        if _sorted_rows(facts["maintenance"]) != _sorted_rows(announced):
            yield f"maintenance: the facts say {facts['maintenance']}, what was announced says {announced}"

    def compare_devices(self, facts: Mapping[str, Any]) -> Iterator[str]:
        expected = {row["device"]: row for row in self._device_rows()}
        yield from _unequal_names("device", [row["device"] for row in facts["devices"]], list(expected))
        for row in facts["devices"]:
            if row["device"] in expected and row != expected[row["device"]]:
                happened = expected[row["device"]]
                yield f"device {row['device']}: the facts say {row}, what happened says {happened}"

    def compare_incidents(self, facts: Mapping[str, Any]) -> Iterator[str]:
        names = [row["incident"] for row in facts["incidents"]]
        needed = [
            name for name, incident in self._incidents.items() if not self._may_be_absent(incident, facts)
        ]
        tolerated = [name for name in names if name in self._incidents]
        yield from _unequal_names("incident", names, [*needed, *tolerated])
        for row in facts["incidents"]:
            if row["incident"] in self._incidents:
                wrong = list(compare_incident(self._incidents[row["incident"]], row))
                yield from wrong or self._wrong_silences(row)

    def _wrong_silences(self, row: dict[str, Any]) -> Iterator[str]:
        return wrong_silences(row, self._stretches(), self._retirements(), self._is_announced)

    def _is_announced(self, device: str, since: Instant) -> bool:
        """Whether a device that was last heard at an instant was due in maintenance announced for it."""
        due = since + self._enrolled[device].grace_seconds
        return any(start <= due < end for start, end in counting(self._witness, device))

    def _stretches(self) -> list[Stretch]:
        return [stretch for pulse in self._pulses.values() for stretch in pulse.stretches]

    def _retirements(self) -> set[str]:
        return {format_instant(at) for at in self._witness.retired.values()}

    def compare_evidence(self, facts: Mapping[str, Any]) -> Iterator[str]:
        terms = terms_of_period(self._versions, facts["period"])
        if terms is None:
            return
        contract = parse_contract(terms)
        brought = [
            entry
            for entry in self._witness.brought
            if entry.at <= self._now and self._pulses[entry.device].first_at is not None
        ]
        newest = newest_by_day(brought, contract.zone)
        as_of = parse_instant(facts["as_of"])
        yield from compare_evidence(facts["evidence"], newest, contract, facts["period"], as_of)

    def _maintenance(self, period: str) -> list[Json]:
        seen = {device for device, pulse in self._pulses.items() if pulse.first_at is not None}
        return maintenance_rows(self._witness, self._versions, period, seen)

    def compare_unmonitored(self, facts: Mapping[str, Any]) -> Iterator[str]:
        """Time in which nobody could be heard."""
        if not self._versions:
            return
        bounds = period_bounds(facts["period"], self._versions[0].contract.zone)
        spans = unmonitored(self._witness.proofs, parse_instant(facts["as_of"]), *bounds)
        expected = [{"from": format_instant(start), "to": format_instant(end)} for start, end in spans]
        if facts.get("unmonitored", []) != expected:
            yield f"unmonitored: the facts say {facts.get('unmonitored')}, what happened says {expected}"

    def _device_rows(self) -> Iterator[Json]:
        for name, pulse in self._pulses.items():
            if pulse.first_at is not None:
                retired = retired_at(self._witness, name, self._now_up)
                yield {
                    "device": name,
                    "kind": self._enrolled[name].kind,
                    "enrolled_at": format_instant(pulse.first_at),
                    "retired_at": None if retired is None else format_instant(retired),
                    "practices": sorted(self._enrolled[name].practices),
                }

    def _read_incidents(self, post: Post) -> Iterator[Incident]:
        acts = self._acts()
        for device, pulse in self._pulses.items():
            retired = retired_at(self._witness, device, self._now_up)
            situation = Situation(self._now, retired, self._lag)
            for outage in pulse.outages(self._now, retired):
                yield read_incident(outage, self._versions, post, acts[outage.incident], situation)

    def _acts(self) -> defaultdict[str, list[Act]]:
        """The acts by incident; one that counts from the end of the present second has happened."""
        acts: defaultdict[str, list[Act]] = defaultdict(list)
        for act in self._witness.acts:
            if act.at <= self._now_up:
                acts[act.incident].append(act)
        return acts

    def _may_be_absent(self, incident: Incident, facts: Mapping[str, Any]) -> bool:
        starts_at, _ = period_bounds(facts["period"], self._versions[0].contract.zone)
        as_of = parse_instant(facts["as_of"])
        return (
            incident.may_be_unopened
            or incident.outage.started_at > as_of
            or may_be_history(incident, starts_at, as_of)
        )


def _sorted_rows(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return sorted(rows, key=repr)


def _unequal_names(what: str, said: list[str], happened: list[str]) -> Iterator[str]:
    """Names that the facts have too many of, or too few."""
    yield from (
        f"{what} {name}: the facts have it, but it never was" for name in said if name not in happened
    )
    yield from (f"{what} {name}: the facts do not have it" for name in happened if name not in said)
    twice = sorted({name for name in said if said.count(name) > 1})
    yield from (f"{what} {name}: the facts have it more than once" for name in twice)
