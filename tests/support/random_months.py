"""The made-up months of many seeds, and what can be read off their lines without the generator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TypeVar

from makegood.rules.contracts import Contract, Outages, covered, parse_contract, parse_outages
from makegood.rules.instants import Instant
from makegood_simulator.months import Month, random_month
from makegood_simulator.tape import Beat, Enroll, Evidence, Line
from makegood_simulator.tape import Contract as Version

SEEDS = range(500)

L = TypeVar("L", bound=Line)


@cache
def months() -> tuple[Month, ...]:
    return tuple(random_month(seed) for seed in SEEDS)


def lines_of(month: Month, kind: type[L]) -> list[L]:
    return [line for line in month.lines if isinstance(line, kind)]


def enrolled(month: Month) -> dict[str, Enroll]:
    return {line.device: line for line in lines_of(month, Enroll)}


def versions_of(month: Month) -> list[Contract]:
    return [parse_contract(month.contract), *(parse_contract(v.terms) for v in lines_of(month, Version))]


def version_at(month: Month, period: str) -> Contract:
    """The version in force on the first of a period, or the first one."""
    begun = [version for version in versions_of(month) if version.effective_from.isoformat()[:7] <= period]
    return begun[-1]


def instants_of(line: Beat | Evidence) -> range:
    if line.every is None or line.until is None:
        return range(line.at, line.at + 1)
    return range(line.at, line.until + 1, line.every)


def speaks_of(month: Month, device: str) -> Iterator[range]:
    """When a device is heard: with its own token, also to bring evidence, or through its agent."""
    agents = {name: line.via for name, line in enrolled(month).items()}
    for line in month.lines:
        if isinstance(line, Beat) and device in (line.device, *line.seen):
            yield instants_of(line)
        if isinstance(line, Evidence) and device == (agents[line.device] or line.device):
            yield instants_of(line)


def next_heard(month: Month, device: str, after: Instant) -> Instant | None:
    """The first heartbeat strictly later than an instant."""
    later = [
        instants[max(0, (after - instants.start) // instants.step + 1)]
        for instants in speaks_of(month, device)
        if instants[-1] > after
    ]
    return min(later, default=None)


def heard(month: Month, device: str) -> list[Instant]:
    """Every heartbeat, in order of time."""
    return sorted({at for instants in speaks_of(month, device) for at in instants})


@dataclass(frozen=True)
class Silence:
    """An outage by its heartbeats alone; `stable_at` is None while the device is not back for good."""

    started_at: Instant
    stable_at: Instant | None
    terms: Outages


def outages_of(month: Month, device: str) -> list[Silence]:
    """The outages of a device: every beat is looked at, no line's purpose."""
    beats, grace = heard(month, device), enrolled(month)[device].grace_seconds
    found: list[Silence] = []
    started: Instant | None = None
    back = beats[0]
    for before, at in pairwise(beats):
        if at - before > grace:
            started, back = before if started is None else started, at
        if started is not None and at - back >= (terms := terms_at(month, started)).stable_for:
            found.append(Silence(started, back + terms.stable_for, terms))
            started = None
    last = beats[-1] if started is None else started
    return [*found, Silence(last, None, terms_at(month, last))]


def terms_at(month: Month, at: Instant) -> Outages:
    begun = [version for version in versions_of(month) if covered(version)[0] <= at]
    return begun[-1].outages or parse_outages({})
