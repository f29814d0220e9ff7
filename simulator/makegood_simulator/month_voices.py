"""The heartbeats of a made-up month: one line for each long regular stretch, single ones for the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from makegood.rules.instants import FOREVER, Instant
from makegood_simulator.month_silences import Silence
from makegood_simulator.month_stations import Station
from makegood_simulator.tape import Beat


@dataclass(frozen=True)
class Stretch:
    """Heartbeats at `first`, `first + every`, ... up to `last`, which is one of them."""

    first: Instant
    every: int
    last: Instant


@dataclass(frozen=True)
class Neighbour:
    """A device that is vouched for, and its silences in order of time."""

    station: Station
    silences: Sequence[Silence]

    def is_seen(self, at: Instant) -> bool:
        return at >= self.station.first_at and not any(
            silence.last < at < (silence.returns_at or FOREVER) for silence in self.silences
        )

    def changes(self) -> Iterator[Instant]:
        """When it begins or ceases to be seen."""
        yield self.station.first_at
        for silence in self.silences:
            yield silence.last + 1
            if silence.returns_at is not None:
                yield silence.returns_at


def beat_lines(
    station: Station, silences: Sequence[Silence], neighbours: Sequence[Neighbour], end: Instant
) -> Iterator[Beat]:
    """What a device says with its own token, also of its neighbours."""
    for stretch in _stretches(station, silences, end):
        yield from _lines(stretch, station.device, neighbours)
    for neighbour in neighbours:
        yield from _moments_of(neighbour, station.device)


def _stretches(station: Station, silences: Sequence[Silence], end: Instant) -> Iterator[Stretch]:
    resumed = station.first_at
    for silence in silences:
        yield from _regular(resumed, station.every, silence.last)
        for first, last in silence.runs():
            yield from _regular(first, station.every, last)
        if silence.returns_at is None:
            return
        resumed = silence.returns_at
    yield from _regular(resumed, station.every, end)


def _regular(first: Instant, every: int, last: Instant) -> Iterator[Stretch]:
    """Regular heartbeats, and one at `last`."""
    in_step = first + (last - first) // every * every
    yield Stretch(first, every, in_step)
    if in_step < last:
        yield Stretch(last, every, last)


def _lines(stretch: Stretch, device: str, neighbours: Sequence[Neighbour]) -> Iterator[Beat]:
    """The stretch in as many lines as who is seen changes."""
    changes = sorted(change for neighbour in neighbours for change in neighbour.changes())
    first = stretch.first
    for change in (*(change for change in changes if change <= stretch.last), stretch.last + 1):
        steps = max(change - first + stretch.every - 1, 0) // stretch.every
        if steps:
            seen = _seen(neighbours, first)
            yield _line(device, Stretch(first, stretch.every, first + (steps - 1) * stretch.every), seen)
            first += steps * stretch.every


def _moments_of(neighbour: Neighbour, agent: str) -> Iterator[Beat]:
    """The last and first heartbeats of a neighbour on their very seconds, and its runs that do not last."""
    every, seen = neighbour.station.every, (neighbour.station.device,)
    for silence in neighbour.silences:
        ends = [silence.last] if silence.returns_at is None else [silence.last, silence.returns_at]
        runs = [stretch for first, last in silence.runs() for stretch in _regular(first, every, last)]
        for stretch in (*(Stretch(end, every, end) for end in ends), *runs):
            yield _line(agent, stretch, seen)


def _line(device: str, stretch: Stretch, seen: tuple[str, ...]) -> Beat:
    if stretch.first == stretch.last:
        return Beat(at=stretch.first, device=device, seen=seen)
    return Beat(at=stretch.first, device=device, every=stretch.every, until=stretch.last, seen=seen)


def _seen(neighbours: Sequence[Neighbour], at: Instant) -> tuple[str, ...]:
    return tuple(neighbour.station.device for neighbour in neighbours if neighbour.is_seen(at))
