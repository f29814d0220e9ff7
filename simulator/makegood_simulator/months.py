"""Made-up months of a made-up client, each wholly from its seed: a contract, and a tape full of trouble."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from makegood.rules.instants import Instant, Period, format_instant
from makegood_simulator.month_contract import a_contract, a_later_version, a_place
from makegood_simulator.month_evidence import evidence_lines
from makegood_simulator.month_maintenance import maintenance_lines
from makegood_simulator.month_matters import both_sides
from makegood_simulator.month_mishaps import (
    bounces,
    excuses,
    failures,
    issue_lines,
    later_version,
    told_otherwise,
)
from makegood_simulator.month_places import Places
from makegood_simulator.month_scene import Scene
from makegood_simulator.month_silences import HOUR, Silence, some_kinds
from makegood_simulator.month_stations import Station, placed, some_stations
from makegood_simulator.month_voices import Neighbour, beat_lines
from makegood_simulator.tape import (
    Announce,
    AnnounceWeekly,
    Beat,
    Bounce,
    Contract,
    Enroll,
    Fail,
    Issue,
    Line,
)

MOST_TROUBLES = 8


@dataclass(frozen=True)
class Mishap:
    """A trouble that was put into a month: its kind, whom it hits, when, and the landmark it stands near."""

    kind: str
    what: str
    at: Instant
    near: str = "anywhere"


@dataclass(frozen=True)
class Month:
    """A contract file as JSON, in force when the tape begins; the tape; what was put into it on purpose."""

    contract: dict[str, Any]
    lines: tuple[Line, ...]
    periods: tuple[Period, ...] = ()
    mishaps: tuple[Mishap, ...] = ()


def random_month(seed: int) -> Month:
    """The month of a seed, the same in every process; its tape goes on past the last moment of issue."""
    chance = random.Random(seed)
    scene, stations = _setting(chance)
    places = Places(scene, placed(chance, scene, stations))
    for kind in some_kinds(chance, len(stations)):
        places.add(chance, kind)
    others = [*_others(chance, places), *maintenance_lines(seed, places), *told_otherwise(seed, places)]
    acts = [line for trouble in places.troubles for line in trouble.lines]
    others += both_sides(seed, places, acts)
    last = max([places.over_at, *(_last_moment(line) for line in (*others, *acts))])
    end = max(scene.issued_at[-1] + chance.randint(3, 6) * HOUR, last + 2 * HOUR)
    beats = [line for station in places.stations for line in _beats(places, station, end)]
    lines = [*(station.enrolment() for station in places.stations), *beats, *others, *acts]
    if max(map(_last_moment, lines)) < end - HOUR:  # no device is left, but the tape goes on
        lines.append(Issue(at=end, period=scene.periods[-1]))
    return Month(scene.contract, _in_order(lines), scene.periods, tuple(_mishaps(places, others)))


def describe(month: Month) -> str:
    """The month in one line."""
    contract = month.contract
    devices = [_about(line) for line in month.lines if isinstance(line, Enroll)]
    announced = sum(isinstance(line, Announce | AnnounceWeekly) for line in month.lines)
    mishaps = [f"{mishap.kind} ({mishap.what}, {format_instant(mishap.at)})" for mishap in month.mishaps]
    return (
        f"{contract['timezone']} {' and '.join(month.periods)}, {contract['currency']}; "
        f"{', '.join(devices)}; {', '.join(mishaps) or 'quiet'}"
        + (f"; maintenance announced {announced} times" if announced else "")
    )


def _setting(chance: random.Random) -> tuple[Scene, list[Station]]:
    place, periods = a_place(chance)
    stations = some_stations(chance)
    longest_grace = max(station.grace_seconds for station in stations)
    contract = a_contract(chance, place, periods[0], longest_grace)
    if "effective_until" in contract:
        return Scene(contract, None, periods[:1]), stations
    changes = chance.random() < (0.6 if len(periods) > 1 else 0.15)
    later = a_later_version(chance, contract, periods[0], longest_grace) if changes else None
    return Scene(contract, later, periods), stations


def _others(chance: random.Random, places: Places) -> list[Line]:
    """What is no silence of a device, with what is done about none."""
    bounced = bounces(chance, places)
    changed = later_version(chance, places.scene, places.begins_at)
    room = MOST_TROUBLES - len(places.troubles) - bool(bounced) - len(changed)
    return [
        *bounced,
        *changed,
        *failures(chance, places, max(room, 0)),
        *excuses(chance, places),
        *evidence_lines(chance, places),
        *issue_lines(chance, places.scene),
    ]


def _beats(places: Places, station: Station, end: Instant) -> Iterator[Beat]:
    if station.via is None:
        neighbours = [
            Neighbour(other, _silences(places, other))
            for other in places.stations
            if other.via == station.device
        ]
        yield from beat_lines(station, _silences(places, station), neighbours, end)


def _silences(places: Places, station: Station) -> list[Silence]:
    found = [trouble.silence for trouble in places.troubles if trouble.device == station.device]
    return sorted(found, key=lambda silence: silence.last)


def _in_order(lines: list[Line]) -> tuple[Line, ...]:
    ordered = sorted(lines, key=lambda line: line.at)
    return tuple(replace(line, number=number) for number, line in enumerate(ordered, 1))


def _last_moment(line: Line) -> Instant:
    return int(getattr(line, "until", None) or line.at)


def _mishaps(places: Places, others: list[Line]) -> Iterator[Mishap]:
    for trouble in sorted(places.troubles, key=lambda trouble: trouble.at):
        yield Mishap(trouble.kind, trouble.device, trouble.at, trouble.near)
    for line in others:
        if isinstance(line, Fail):
            yield Mishap("out of order", f"{line.part} for {line.until - line.at} s", line.at)
        elif isinstance(line, Bounce):
            yield Mishap("bounces", line.contact, line.at)
        elif isinstance(line, Contract):
            yield Mishap("other terms", str(line.terms["effective_from"]), line.at)


def _about(line: Enroll) -> str:
    return f"{line.device} {line.grace_seconds} s{f' via {line.via}' if line.via else ''}"
