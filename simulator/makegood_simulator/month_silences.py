"""Silences of every awkward length: what is heard of a device in trouble, and the outages that come of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Final

from makegood.rules.contracts import Outages
from makegood.rules.instants import FOREVER, Instant
from makegood_simulator.month_stations import Station

MINUTE: Final = 60
HOUR: Final = 3600
TICKS: Final = (-1, 0, 1)
TOLD_SECONDS: Final = 300
"""So long after its grace a silence has been noticed, told and read about, if nothing is out of order."""


@dataclass(frozen=True)
class Shape:
    """Runs that do not last, each after a gap, then the gap before the device is back to stay.

    Without a last gap it is never heard again, and retired `retired_after` its last heartbeat.
    """

    runs: tuple[tuple[int, int], ...] = ()
    gap: int | None = None
    retired_after: int | None = None

    @property
    def first_gap(self) -> int:
        return self.runs[0][0] if self.runs else self.gap or self.retired_after or 0


@dataclass(frozen=True)
class Silence:
    """A shape put in time: the device was last heard regularly at `last`."""

    station: Station
    last: Instant
    shape: Shape

    @property
    def returns_at(self) -> Instant | None:
        """From then on it is heard regularly again; None: never."""
        gap = self.shape.gap
        return None if gap is None else self.last + gap + sum(map(sum, self.shape.runs))

    @property
    def retired_at(self) -> Instant | None:
        after = self.shape.retired_after
        return None if after is None else self.last + after

    @property
    def over_at(self) -> Instant:
        """When the device is back to stay, or retired."""
        over = self.returns_at if self.returns_at is not None else self.retired_at
        assert over is not None
        return over

    def runs(self) -> Iterator[tuple[Instant, Instant]]:
        """The first and the last heartbeat of each run that does not last."""
        at = self.last
        for gap, length in self.shape.runs:
            yield at + gap, at + gap + length
            at += gap + length


@dataclass(frozen=True)
class Outage:
    """An outage as the heartbeats tell it; `stable_at` is the earliest that its end can be known."""

    started_at: Instant
    back_at: Instant | None
    stable_at: Instant | None


def outages_of(silence: Silence, listener: Station, terms_at: Callable[[Instant], Outages]) -> list[Outage]:
    """What a silence does to a device with its own grace: the silent one, or one that it vouches for.

    What is seen by the silent one has an outage of its own only when that is heard again in time for itself.
    """
    grace, found = listener.grace_seconds, list[Outage]()
    longest = FOREVER if listener.via != silence.station.device else silence.station.grace_seconds
    started: Instant | None = None
    back = silence.last
    for before, at in pairwise(_heard(silence)):
        if at - before > grace and (started is not None or at - before <= longest):
            started, back = before if started is None else started, at
        if started is not None and at - back >= terms_at(started).stable_for:
            found.append(Outage(started, back, back + terms_at(started).stable_for))
            started = None
    return [*found, *_never_ended(silence, grace, longest, started)]


def _never_ended(silence: Silence, grace: int, longest: int, started: Instant | None) -> Iterator[Outage]:
    if silence.returns_at is None:
        last = list(_heard(silence))[-1]
        if started is not None or grace < silence.over_at - last <= longest:
            yield Outage(last if started is None else started, None, None)


def _heard(silence: Silence) -> Iterator[Instant]:
    """From the last regular heartbeat until the device has been back for longer than any terms ask."""
    yield silence.last
    for first, last in silence.runs():
        yield from beats(first, silence.station.every, last)
    if silence.returns_at is not None:
        yield from beats(silence.returns_at, silence.station.every, silence.returns_at + HOUR)


def beats(first: Instant, every: int, last: Instant) -> Iterator[Instant]:
    """Regular heartbeats, and one at `last`."""
    yield from range(first, last, every)
    yield last


Build = Callable[[random.Random, Station, Outages], Shape]


def _within_grace(_chance: random.Random, station: Station, _terms: Outages) -> Shape:
    return Shape(gap=station.grace_seconds)


def _a_second_more(_chance: random.Random, station: Station, _terms: Outages) -> Shape:
    return Shape(gap=station.grace_seconds + 1)


def _minutes(chance: random.Random, station: Station, _terms: Outages) -> Shape:
    return Shape(gap=station.grace_seconds + chance.randint(2, 30 * MINUTE))


def _hours(chance: random.Random, _station: Station, _terms: Outages) -> Shape:
    return Shape(gap=chance.randint(HOUR, 9 * HOUR))


def _days(chance: random.Random, _station: Station, _terms: Outages) -> Shape:
    return Shape(gap=chance.choice([24 * HOUR, chance.randint(24 * HOUR, 60 * HOUR)]))


def _relapse(chance: random.Random, station: Station, terms: Outages) -> Shape:
    lengths = [chance.randint(0, max(terms.stable_for - 2, 0)) for _ in range(chance.choice([1, 1, 2]))]
    runs = tuple((_gap(chance, station), length) for length in lengths)
    return Shape(runs=runs, gap=_gap(chance, station))


def _stable_run(missing: int, chance: random.Random, station: Station, terms: Outages) -> Shape:
    """A run that lasts just long enough, or a second less, before the device is silent again."""
    run = (_gap(chance, station), terms.stable_for - missing)
    return Shape(runs=(run,), gap=_gap(chance, station))


def _gap_in_run(chance: random.Random, station: Station, terms: Outages) -> Shape:
    """The run goes on over a silence of exactly the grace."""
    run = (_gap(chance, station), chance.randint(0, max(terms.stable_for - 1, 0)))
    return Shape(runs=(run,), gap=station.grace_seconds)


def _flapping(chance: random.Random, station: Station, terms: Outages) -> Shape:
    times = range(chance.randint(3, 5))
    short = station.grace_seconds + 1
    runs = tuple(
        (chance.randint(short, short + 5 * MINUTE), chance.randint(0, terms.stable_for // 2)) for _ in times
    )
    return Shape(runs=runs, gap=short)


def _back_at_limit(chance: random.Random, station: Station, terms: Outages) -> Shape:
    return Shape(gap=max(_limit(chance, terms) + chance.choice(TICKS), station.grace_seconds + 1))


def _stable_at_limit(chance: random.Random, station: Station, terms: Outages) -> Shape:
    """Back for long enough a second before, at or after the limit."""
    gap = _limit(chance, terms) - terms.stable_for + chance.choice(TICKS)
    return Shape(gap=max(gap, station.grace_seconds + 1))


def _retired_up(chance: random.Random, station: Station, _terms: Outages) -> Shape:
    return Shape(retired_after=chance.choice([0, 1, station.every // 2]))


def _retired_silent(chance: random.Random, station: Station, _terms: Outages) -> Shape:
    """Silent already: up to the longest time that is allowed, or longer and nobody has seen it yet."""
    return Shape(retired_after=station.grace_seconds + chance.choice([-1, 0, 1, 2, 5]))


def _retired_down(chance: random.Random, station: Station, terms: Outages) -> Shape:
    limit = _limit(chance, terms) + chance.choice(TICKS)
    wanted = chance.choice([limit, limit, chance.randint(HOUR, 12 * HOUR)])
    return Shape(retired_after=max(wanted, station.grace_seconds + TOLD_SECONDS))


KINDS: Final[dict[str, tuple[int, Build]]] = {
    "silent for its grace": (9, _within_grace),
    "a second more": (10, _a_second_more),
    "minutes": (14, _minutes),
    "hours": (12, _hours),
    "days": (3, _days),
    "relapse": (10, _relapse),
    "run of stable_for": (6, partial(_stable_run, 0)),
    "run a second too short": (6, partial(_stable_run, 1)),
    "run over a gap": (5, _gap_in_run),
    "flapping": (5, _flapping),
    "back at a limit": (9, _back_at_limit),
    "stable at a limit": (9, _stable_at_limit),
    "retired while up": (3, _retired_up),
    "retired while silent": (3, _retired_silent),
    "retired while down": (6, _retired_down),
}
"""Every kind of trouble, with its weight and how it is made."""

RETIREMENTS: Final = ("retired while up", "retired while silent", "retired while down")


def some_kinds(chance: random.Random, devices: int) -> list[str]:
    """The month's troubles; retirements stand in front, at most one for each device but the last."""
    wanted = chance.choices([2, 3, 4, 5, 6], [20, 30, 25, 15, 10])[0]
    drawn = chance.choices(list(KINDS), [weight for weight, _ in KINDS.values()], k=wanted)
    retirements = [kind for kind in drawn if kind in RETIREMENTS][: max(devices - 1, 1)]
    return retirements + [kind for kind in drawn if kind not in RETIREMENTS]


def build(kind: str, chance: random.Random, station: Station, terms: Outages) -> Shape:
    return KINDS[kind][1](chance, station, terms)


def _gap(chance: random.Random, station: Station) -> int:
    """Just too long, or by minutes."""
    return station.grace_seconds + chance.choice([1, 2, chance.randint(3, 30 * MINUTE)])


def _limit(chance: random.Random, terms: Outages) -> int:
    """The limit of a stage that is promised, the plan's by preference."""
    promised = [stage.within for stage in (terms.plan, terms.plan, terms.repair, terms.notify) if stage]
    return chance.choice(promised or [HOUR])
