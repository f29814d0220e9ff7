"""Puts troubles into a month: one at a time for devices that share a voice, many at awkward moments."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from makegood.rules.instants import FOREVER, Instant
from makegood_simulator.month_acts import Job, acts_on
from makegood_simulator.month_scene import Scene
from makegood_simulator.month_silences import (
    HOUR,
    RETIREMENTS,
    TICKS,
    Outage,
    Shape,
    Silence,
    build,
    outages_of,
)
from makegood_simulator.month_stations import DAY, Station
from makegood_simulator.tape import DeviceLine, Retire

ATTEMPTS: Final = 12
MARGIN: Final = HOUR // 2


@dataclass(frozen=True)
class Trouble:
    """A silence of a kind, the landmark it stands near, the devices it hits, and what people do about it."""

    kind: str
    near: str
    silence: Silence
    devices: tuple[str, ...]
    jobs: tuple[Job, ...]
    lines: tuple[DeviceLine, ...]

    @property
    def device(self) -> str:
        return self.silence.station.device

    @property
    def at(self) -> Instant:
        """When the device was last heard."""
        return self.silence.last

    @property
    def over_at(self) -> Instant:
        """When everything about it has happened."""
        stable = [job.outage.stable_at or 0 for job in self.jobs]
        return max([self.silence.over_at, *stable, *(line.at for line in self.lines)])


@dataclass
class Places:
    """The troubles found a place for so far."""

    scene: Scene
    stations: list[Station]
    troubles: list[Trouble] = field(default_factory=list)

    @property
    def retired(self) -> dict[str, Instant]:
        lines = [line for trouble in self.troubles for line in trouble.lines]
        return {line.device: line.at for line in lines if isinstance(line, Retire)}

    @property
    def begins_at(self) -> Instant:
        """When the first device is enrolled."""
        return min(station.enrolled_at for station in self.stations)

    @property
    def over_at(self) -> Instant:
        """When the last trouble is over."""
        return max((trouble.over_at for trouble in self.troubles), default=0)

    def add(self, chance: random.Random, kind: str) -> None:
        """Makes a trouble of this kind; none when no place is found for it."""
        for _ in range(ATTEMPTS):
            trouble = self._attempt(chance, kind)
            if trouble is not None and self._is_free(trouble):
                self.troubles.append(trouble)
                return

    def _attempt(self, chance: random.Random, kind: str) -> Trouble | None:
        station = chance.choice(self.stations)
        near, moment = _moment(chance, self.scene)
        shape = build(kind, chance, station, self.scene.terms_at(moment))
        last = moment if near == "anywhere" else moment + _beside(chance, station, shape)
        silence = Silence(station, last, shape)
        listeners = self._listeners(station, last)
        if station not in listeners or (kind in RETIREMENTS and self._is_too_early(silence)):
            return None
        jobs = tuple(job for listener in listeners for job in self._jobs(silence, listener))
        acts = [line for job in jobs for line in acts_on(chance, job)]
        devices = tuple(listener.device for listener in listeners)
        return Trouble(kind, near, silence, devices, jobs, (*acts, *_retirements(silence, listeners)))

    def _is_too_early(self, silence: Silence) -> bool:
        """Whether a retirement would leave little of the month, or a device to enrol without its agent."""
        device, voice = silence.station.device, silence.station.voice
        is_early = silence.last < self.scene.starts_at + 5 * DAY
        is_alone = all(station.voice == voice for station in self.stations)
        neighbours = [station for station in self.stations if station.via == device]
        return (is_early and is_alone) or any(silence.last <= other.first_at for other in neighbours)

    def _listeners(self, station: Station, last: Instant) -> list[Station]:
        """The devices that fall silent with this one, itself among them if it is heard by then."""
        concerned = [other for other in self.stations if station.device in (other.device, other.via)]
        retired = self.retired
        return [
            other
            for other in concerned
            if other.first_at + other.every < last < retired.get(other.device, FOREVER)
        ]

    def _jobs(self, silence: Silence, listener: Station) -> Iterator[Job]:
        outages = outages_of(silence, listener, self.scene.terms_at)
        nothing_more = Outage(silence.retired_at or FOREVER, None, None)
        for outage, later in pairwise([*outages, nothing_more]):
            terms = self.scene.terms_at(outage.started_at)
            yield Job(listener.device, outage, terms, listener.grace_seconds, later.started_at)

    def _is_free(self, trouble: Trouble) -> bool:
        """Whether it is in the month, and nothing else goes on with the devices of its voice meanwhile."""
        scene, voice = self.scene, trouble.silence.station.voice
        if not scene.starts_at - 12 * HOUR <= trouble.at <= scene.issued_at[-1] + HOUR:
            return False
        return all(
            other.over_at + MARGIN < trouble.at - trouble.silence.station.every
            or trouble.over_at + MARGIN < other.at - other.silence.station.every
            for other in self.troubles
            if other.silence.station.voice == voice
        ) and not self._comes_after(trouble)

    def _comes_after(self, trouble: Trouble) -> bool:
        """Whether something happens to its devices after this would retire them."""
        retired = [line.device for line in trouble.lines if isinstance(line, Retire)]
        later = [other for other in self.troubles if other.at > trouble.at]
        return any(device in other.devices for other in later for device in retired)


def _retirements(silence: Silence, listeners: list[Station]) -> Iterator[Retire]:
    """The device and all that nobody else could vouch for."""
    if silence.retired_at is not None:
        for listener in reversed(listeners):
            yield Retire(at=silence.retired_at, device=listener.device)


def _moment(chance: random.Random, scene: Scene) -> tuple[str, Instant]:
    if chance.random() < 0.5:
        name = chance.choice(list(scene.landmarks))
        return name, chance.choice(scene.landmarks[name])
    return "anywhere", chance.randrange(scene.starts_at - HOUR, scene.issued_at[-1])


def _beside(chance: random.Random, station: Station, shape: Shape) -> int:
    """The silence begins, counts or ends a second before, at or after the landmark, or lies across it."""
    before = chance.choice([0, station.grace_seconds, shape.first_gap, shape.first_gap, shape.first_gap // 2])
    return chance.choice(TICKS) - before
