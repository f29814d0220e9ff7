"""The availability of a statement as the specification words it, moment by moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from makegood.rules.contracts import Contract, parse_contract
from makegood.rules.instants import Instant, first_instant, parse_instant, period_bounds
from makegood_simulator.reading_verdicts import Json

FOREVER = 10**12
MONITORED, DOWN = "monitored_seconds", "down_seconds"
MAINTENANCE, UNMONITORED = "maintenance_seconds", "unmonitored_seconds"

Span = tuple[Instant, Instant]


def wrong_availability(statement: Json, facts: Json) -> Iterator[str]:
    """The devices' times that are not what the statement's facts make them: one sentence each."""
    said = {row["device"]: dict(row) for row in statement["availability"]}
    expected = {row["device"]: row for row in _rows(facts)}
    for device in sorted(said.keys() | expected.keys()):
        if said.get(device) != expected.get(device):
            what = f"availability of {device}: the statement says {said.get(device)}"
            yield f"{what}, what happened makes it {expected.get(device)}"


def _rows(facts: Json) -> Iterator[dict[str, Any]]:
    """A row for each device that was heard, and not retired before the period."""
    contract, as_of = parse_contract(facts["contract"]), parse_instant(facts["as_of"])
    starts_at, ends_at = period_bounds(facts["period"], contract.zone)
    begins, until = _covered(contract)
    looked_at = (max(starts_at, begins), min(ends_at, until, as_of))
    for device in facts["devices"]:
        since, retired = _known(device["enrolled_at"], as_of), _known(device.get("retired_at"), as_of)
        if since is not None and (retired is None or retired >= starts_at):
            here = (since, FOREVER if retired is None else retired)
            down = list(_down(device["device"], facts, (begins, until), retired, as_of))
            works = list(_announced(device["device"], facts, contract.maintenance_notice_seconds))
            deaf = list(_deaf(device["device"], facts))
            seconds = _Times(looked_at, here, works, deaf, down).seconds()
            yield _row(device["device"], seconds, says_deaf="unmonitored" in facts)


def _row(device: str, seconds: Counter[str], *, says_deaf: bool) -> dict[str, Any]:
    monitored, down = seconds[MONITORED], seconds[DOWN]
    return {
        "device": device,
        **{name: seconds[name] for name in (MONITORED, DOWN, MAINTENANCE)},
        **({UNMONITORED: seconds[UNMONITORED]} if says_deaf else {}),
        "availability_bps": 10_000 * (monitored - down) // monitored if monitored else None,
    }


@dataclass(frozen=True)
class _Times:
    """When a device was there and looked at, and what kept it from being up."""

    looked_at: Span
    here: Span
    works: Sequence[Span]
    deaf: Sequence[Span]
    down: Sequence[Span]

    def seconds(self) -> Counter[str]:
        """Between two moments at which something changes all is one thing, or two when it is down."""
        spans = [self.looked_at, self.here, *self.works, *self.deaf, *self.down]
        seconds: Counter[str] = Counter()
        for start, end in pairwise(sorted({moment for span in spans for moment in span})):
            if _in(start, [self.looked_at]) and _in(start, [self.here]):
                what = self._what(start)
                seconds[what] += end - start
                if what == MONITORED and _in(start, self.down):
                    seconds[DOWN] += end - start
        return seconds

    def _what(self, moment: Instant) -> str:
        if _in(moment, self.works):
            return MAINTENANCE
        return UNMONITORED if _in(moment, self.deaf) else MONITORED


def _announced(device: str, facts: Json, notice: int) -> Iterator[Span]:
    for work in facts.get("maintenance", []):
        start, announced = parse_instant(work["from"]), parse_instant(work["announced_at"])
        is_known = announced <= parse_instant(facts["as_of"])
        if is_known and {device, "*"} & set(work["devices"]) and announced + notice <= start:
            yield start, parse_instant(work["to"])


def _deaf(device: str, facts: Json) -> Iterator[Span]:
    for gap in facts.get("unmonitored", []):
        if not gap.get("devices") or device in gap["devices"]:
            yield parse_instant(gap["from"]), parse_instant(gap["to"])


def _down(device: str, facts: Json, covered: Span, retired: Instant | None, as_of: Instant) -> Iterator[Span]:
    """The silences on record of a device; of its own incidents that have none, all of the outage."""
    for incident in facts["incidents"]:
        started_at = parse_instant(incident["started_at"])
        if started_at > as_of or not _in(started_at, [covered]):
            continue
        own = incident["device"] == device
        restored = _known(incident["restored_at"], as_of) if own else None
        silences = [
            (parse_instant(each["from"]), _known(each.get("to"), as_of))
            for each in incident.get("silences", [])
            if each["device"] == device and parse_instant(each["from"]) <= as_of
        ]
        for start, end in silences or ([(started_at, None)] if own else []):
            yield start, _first([end, restored, retired])


def _first(ends: Iterable[Instant | None]) -> Instant:
    return next((end for end in ends if end is not None), FOREVER)


def _covered(contract: Contract) -> Span:
    until = contract.effective_until
    return (
        first_instant(contract.effective_from, contract.zone),
        FOREVER if until is None else first_instant(until, contract.zone),
    )


def _known(written: str | None, as_of: Instant) -> Instant | None:
    at = None if written is None else parse_instant(written)
    return None if at is None or at > as_of else at


def _in(moment: Instant, spans: Iterable[Span]) -> bool:
    return any(start <= moment < end for start, end in spans)
