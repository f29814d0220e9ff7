"""Maintenance in made-up months: announced on the second of the notice or too late, around silences."""

from __future__ import annotations

import random
from typing import Final

from makegood.rules.instants import Instant, local_date
from makegood_simulator.month_places import Places
from makegood_simulator.month_silences import HOUR, MINUTE, TICKS
from makegood_simulator.month_stations import DAY
from makegood_simulator.tape import Announce, AnnounceWeekly, Cancel, Retire

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def maintenance_lines(seed: int, places: Places) -> list[Announce | AnnounceWeekly | Cancel]:
    """In half of all months; chance of its own, so that the rest of a seed's month is as it was."""
    chance = random.Random(f"maintenance {seed}")
    if chance.random() < 0.5:
        return []
    found: list[Announce | AnnounceWeekly | Cancel] = []
    for number in range(chance.choice([1, 2, 3])):
        reason = f"maintenance {number + 1}"
        is_weekly = chance.random() < 0.3
        lines = [_weekly(chance, places, reason)] if is_weekly else _one(chance, places, reason)
        if _are_there(places, lines[0]):
            found += lines
    return found


def _are_there(places: Places, line: Announce | AnnounceWeekly | Cancel) -> bool:
    """Whether none of the devices is retired by then."""
    assert not isinstance(line, Cancel)
    acts = (act for trouble in places.troubles for act in trouble.lines)
    gone = {act.device for act in acts if isinstance(act, Retire) and act.at <= line.at + MINUTE}
    return not gone & set(line.devices)


def _one(chance: random.Random, places: Places, reason: str) -> list[Announce | Cancel]:
    """A window near a trouble, announced around the last moment, at times cancelled around its beginning."""
    starts, devices = _near(chance, places)
    notice = places.scene.version_at(starts).maintenance_notice_seconds
    announced_at = starts - notice + chance.choice([*TICKS, -HOUR, -DAY, HOUR])
    announced_at = max(announced_at, _enrolled_at(places, devices) + MINUTE)
    starts = max(starts, announced_at)
    ends = starts + chance.choice([60, 30 * MINUTE, HOUR, 5 * HOUR, DAY])
    line = Announce(
        at=announced_at, devices=devices, starts=starts, ends=ends, reason=reason, short_notice=True
    )
    if chance.random() >= 0.2 or starts - 1 <= announced_at:
        return [line]
    cancelled_at = starts + chance.choice([-HOUR, -1, 0, 1])
    return [line, Cancel(at=max(cancelled_at, announced_at + 1), reason=reason)]


def _near(chance: random.Random, places: Places) -> tuple[Instant, tuple[str, ...]]:
    """When a window begins and for which devices: where a silence is due, or anywhere."""
    if places.troubles and chance.random() < 0.8:
        trouble = chance.choice(places.troubles)
        due = trouble.silence.last + trouble.silence.station.grace_seconds
        starts = due + chance.choice([*TICKS, -MINUTE, -HOUR, -5 * HOUR, MINUTE])
        return starts, chance.choice([(trouble.device,), (trouble.device,), ("*",)])
    station = chance.choice(places.stations)
    return chance.randrange(places.scene.starts_at, places.scene.ends_at), (station.device,)


def _weekly(chance: random.Random, places: Places, reason: str) -> AnnounceWeekly:
    """By the wall clock, over whatever the clocks do that month."""
    zone = places.scene.zone
    hour = chance.choice([0, 1, 2, 3, 23])
    devices = (chance.choice([*(station.device for station in places.stations), "*"]),)
    at = _enrolled_at(places, devices) + MINUTE
    return AnnounceWeekly(
        at=at,
        devices=devices,
        days=tuple(chance.sample(WEEKDAYS, chance.choice([1, 2, 7]))),
        starts=f"{hour:02}:{chance.choice([0, 30]):02}",
        ends=f"{(hour + chance.choice([1, 2, 6])) % 24:02}:15",
        first=local_date(at + DAY, zone).isoformat(),
        last=local_date(places.scene.ends_at + DAY, zone).isoformat(),
        reason=reason,
        short_notice=True,
    )


def _enrolled_at(places: Places, devices: tuple[str, ...]) -> Instant:
    return max([places.begins_at, *(s.enrolled_at for s in places.stations if s.device in devices)])
