"""Evidence of practices through a made-up month: good and bad, missing, doubled, close to local midnight."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from makegood.rules.instants import FOREVER, Instant
from makegood_simulator.month_places import Places
from makegood_simulator.month_scene import Scene
from makegood_simulator.month_stations import DAY, Station
from makegood_simulator.tape import Evidence

MOST_PIECES: Final = 40
"""Each is a heartbeat that has to be played."""

Facts = dict[str, Any]

_GOOD: Final[dict[str, Facts]] = {
    "patching": {"critical_pending": 0, "oldest_critical_days": 0, "reboot_pending": False},
    "antivirus": {"installed": True, "running": True, "definitions_age_hours": 48, "scan_age_hours": 168},
    "quarantine": {"detections": 2, "quarantined": 2},
    "log_review": {"reviewed": True},
    "backup": {"ok": True, "bytes": 41_307_045_888},
    "restore_test": {"ok": True, "hash_matches": True},
}
_BAD: Final[dict[str, tuple[Facts, ...]]] = {
    "patching": ({"critical_pending": 3, "oldest_critical_days": 15, "reboot_pending": False}, {}),
    "antivirus": ({"installed": True, "running": True, "definitions_age_hours": 49, "scan_age_hours": 168},),
    "quarantine": ({"detections": 2, "quarantined": 1}, {"detections": None, "quarantined": 0}),
    "log_review": ({"reviewed": False}, {"reviewed": False, "findings": 3}),
    "backup": ({"ok": False}, {"ok": True, "bytes": 0}),
    "restore_test": ({"ok": True, "hash_matches": False},),
}
_FROM_DAY_START: Final = (-1, 0, 1, 27_000, 27_000, 40_123, DAY - 2 * 3600)


def evidence_lines(chance: random.Random, places: Places) -> list[Evidence]:
    """Evidence of some devices and practices, at moments at which who brings it is heard."""
    pairs = [(station, practice) for station in places.stations for practice in station.practices]
    chance.shuffle(pairs)
    lines: list[Evidence] = []
    for station, practice in pairs:
        made = [line for line in _pieces(chance, places.scene, station, practice) if _is_heard(places, line)]
        if sum(map(_pieces_of, (*lines, *made))) <= MOST_PIECES:
            lines += made
    return lines


def _pieces(chance: random.Random, scene: Scene, station: Station, practice: str) -> Iterator[Evidence]:
    """Day by day, or by the clock of UTC in one line."""
    every_days = 12 if practice == "restore_test" else chance.choice([1, 1, 2])
    offset = chance.choice(_FROM_DAY_START)
    if chance.random() < 0.25:
        yield from _by_the_clock(scene, station, practice, offset, every_days * DAY)
        return
    for day in scene.days[chance.randrange(every_days) :: every_days]:
        at = day.starts_at + offset
        fate = chance.choices(["good", "bad", "missing", "twice"], [80, 8, 6, 6])[0]
        if fate != "missing":
            yield _piece(station, practice, at, _facts(chance, practice, fate == "bad"))
        if fate == "twice":
            again = at + chance.choice([1, 60, 3600])
            yield _piece(station, practice, again, _facts(chance, practice, chance.random() < 0.5))


def _by_the_clock(
    scene: Scene, station: Station, practice: str, offset: int, every: int
) -> Iterator[Evidence]:
    """A few days in one line, a gap of two, the rest of the month in another."""
    first, last = scene.starts_at + offset, scene.ends_at - 1
    broken = first + 9 * every
    piece = _piece(station, practice, first, _GOOD[practice])
    yield replace(piece, every=every, until=min(broken, last))
    if broken + 2 * every <= last:
        yield replace(piece, at=broken + 2 * every, every=every, until=last)


def _piece(station: Station, practice: str, at: Instant, facts: Facts) -> Evidence:
    return Evidence(at=at, device=station.device, practice=practice, facts=facts)


def _facts(chance: random.Random, practice: str, is_bad: bool) -> Facts:
    return chance.choice(_BAD[practice]) if is_bad else _GOOD[practice]


def _pieces_of(line: Evidence) -> int:
    return len(_instants(line))


def _instants(line: Evidence) -> range:
    if line.every is None or line.until is None:
        return range(line.at, line.at + 1)
    return range(line.at, line.until + 1, line.every)


def _is_heard(places: Places, line: Evidence) -> bool:
    """Whether its bringer beats regularly around every one of its instants: evidence is a heartbeat too."""
    station = next(station for station in places.stations if station.device == line.device)
    bringer = next(other for other in places.stations if other.device == station.voice)
    begins = max(bringer.first_at, station.first_at) + bringer.every
    ends = min(places.retired.get(name, FOREVER) for name in (bringer.device, station.device))
    silences = [trouble.silence for trouble in places.troubles if trouble.device == bringer.device]
    return all(
        begins < at < ends and not any(silence.last < at < silence.over_at for silence in silences)
        for at in _instants(line)
    )
