"""The devices of a made-up month: what they are, who vouches for whom, when they are first heard."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from makegood.rules.instants import Instant
from makegood_simulator.month_scene import Scene
from makegood_simulator.tape import Enroll

DAY: Final = 86_400

_KINDS: Final = (
    ("srv", "server"),
    ("modem", "router"),
    ("nas", "storage"),
    ("till-1", "till"),
    ("phones", "phone-system"),
)
_GRACES: Final = (60, 60, 90, 120, 120, 180, 180, 180, 180, 240, 300, 300, 600, 1200)
_SHORTEST_EVERY: Final = 30
_LONGEST_EVERY: Final = 300
_NEIGHBOUR_MAY_MISS: Final = (1, 1, 2, 3, 5)


@dataclass(frozen=True)
class Station:
    """A device and how often it is heard, by its own voice or that of `via`."""

    device: str
    kind: str
    grace_seconds: int
    every: int
    via: str | None = None
    practices: tuple[str, ...] = ()
    enrolled_at: Instant = 0
    first_at: Instant = 0

    @property
    def voice(self) -> str:
        """The device whose token its heartbeats carry."""
        return self.via or self.device

    def enrolment(self) -> Enroll:
        return Enroll(
            at=self.enrolled_at,
            device=self.device,
            kind=self.kind,
            grace_seconds=self.grace_seconds,
            via=self.via,
            practices=self.practices,
        )


def some_stations(chance: random.Random) -> list[Station]:
    """One to four devices; the first speaks for itself, others at times have it vouch for them."""
    stations: list[Station] = []
    for device, kind in chance.sample(_KINDS, chance.choices([1, 2, 3, 4], [30, 35, 23, 12])[0]):
        agent = stations[0] if stations and chance.random() < 0.4 else None
        grace, every = _rhythm(chance) if agent is None else _rhythm_beside(chance, agent)
        stations.append(Station(device, kind, grace, every, via=agent.device if agent else None))
    return stations


def placed(chance: random.Random, scene: Scene, stations: Sequence[Station]) -> list[Station]:
    """The same devices with their practices and the instants at which they are enrolled and first heard."""
    first = _begin(chance, scene, stations[0], None)
    rest = [_begin(chance, scene, station, first) for station in stations[1:]]
    return [first, *rest]


def _rhythm(chance: random.Random) -> tuple[int, int]:
    """The grace, and how often the device is heard: at times no sooner than after its whole grace."""
    grace = chance.choice(_GRACES)
    wanted = chance.choice([grace // 3, grace // 3, grace // 2, grace - 10, grace, 60])
    return grace, min(max(wanted, _SHORTEST_EVERY), _LONGEST_EVERY, grace)


def _rhythm_beside(chance: random.Random, agent: Station) -> tuple[int, int]:
    """Heard whenever its agent is: its grace is some of the agent's beats, or exactly one."""
    grace = min(agent.every * chance.choice(_NEIGHBOUR_MAY_MISS), max(_GRACES))
    return max(grace, agent.every, min(_GRACES)), agent.every


def _begin(chance: random.Random, scene: Scene, station: Station, agent: Station | None) -> Station:
    promised = [terms.practice for terms in scene.version_at(scene.covered_from).practices]
    practices = tuple(practice for practice in promised if chance.random() < 0.7)
    enrolled_at = _early(chance, scene) if agent is None else _enrolment(chance, scene, station, agent)
    first_at = enrolled_at + chance.choice([0, 1, 30, 600])
    if enrolled_at < scene.starts_at and chance.random() < 0.3:
        first_at = scene.starts_at + chance.choice([-1, 0, 1])
    if station.via is not None and agent is not None:
        first_at = max(first_at, agent.first_at)
    return replace(station, practices=practices, enrolled_at=enrolled_at, first_at=first_at)


def _early(chance: random.Random, scene: Scene) -> Instant:
    """At the start of what is covered, or shortly before the month."""
    shortly_before = scene.starts_at - chance.choice([60, 3600, DAY, 2 * DAY])
    return max(scene.covered_from, shortly_before)


def _enrolment(chance: random.Random, scene: Scene, station: Station, first: Station) -> Instant:
    """With the first device or soon after it, at times in the middle of the month.

    The operator first waits until the agent that is to vouch for it is surely enrolled.
    """
    if chance.random() < 0.75:
        return first.enrolled_at + chance.choice([0, 5, 120, 4000] if station.via is None else [900, 4000])
    return max(scene.starts_at, first.enrolled_at) + chance.randrange(DAY, 7 * DAY)
