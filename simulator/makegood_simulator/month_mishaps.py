"""What else goes on in a made-up month: parts out of order, mails that bounce, excuses, a later contract."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final

from makegood.rules.instants import FOREVER, Instant
from makegood_simulator.month_acts import excuses_for
from makegood_simulator.month_places import Places
from makegood_simulator.month_scene import Scene
from makegood_simulator.month_silences import HOUR, MINUTE, TICKS
from makegood_simulator.month_stations import DAY
from makegood_simulator.tape import Bounce, Call, Complain, Contract, Excuse, Fail, Issue, Line, Return

LONGEST_FAILURE: Final = {
    "sweep": 30 * MINUTE,
    "evaluator": 30 * MINUTE,
    "mail": 20 * MINUTE,
    "api": 20 * MINUTE,
}
APART: Final = 3 * HOUR
"""From the end of one failure to the next one at least, so that what waits for a part can go on."""


def failures(chance: random.Random, places: Places, most: int) -> list[Fail]:
    """Parts out of order around troubles, around the moment of issue, or when nobody would notice."""
    found: list[Fail] = []
    for _ in range(min(chance.choices([0, 1, 2], [35, 45, 20])[0], most)):
        part = chance.choice(list(LONGEST_FAILURE))
        longest = LONGEST_FAILURE[part]
        at = max(_failing_at(chance, places), places.begins_at)
        failure = Fail(at=at, part=part, until=at + chance.choice([60, 301, longest // 2, longest, longest]))
        if all(other.until + APART < at or failure.until + APART < other.at for other in found):
            found.append(failure)
    return found


def bounces(chance: random.Random, places: Places) -> list[Bounce]:
    """In a quarter of all months mails to one contact, or to all, bounce from some moment on."""
    if chance.random() >= 0.25:
        return []
    contacts = _contacts(places.scene)
    bouncing = contacts if chance.random() < 0.35 else [chance.choice(contacts)]
    at = _bouncing_at(chance, places)
    return [Bounce(at=at, contact=contact) for contact in bouncing]


def told_otherwise(seed: int, places: Places) -> list[Line]:
    """Calls to the client, mails that come back later, at times after the statement, and complaints.

    By a chance of their own, so that the rest of a seed's month stays as it was.
    """
    chance = random.Random(f"told otherwise {seed}")
    scene = places.scene
    found: list[Line] = []
    for trouble in places.troubles:
        for job in trouble.jobs:
            told = job.told_at + 90
            if chance.random() < 0.12:
                at = told + chance.choice([0, 60, 10 * MINUTE, 2 * HOUR])
                spoken = max(job.outage.started_at, at - chance.choice([0, 60, 5 * MINUTE, HOUR, HOUR + 1]))
                found.append(_call(job.device, at, spoken))
            if chance.random() < 0.2:
                later = [at for at in _after_issue(chance, scene) if told < at < job.over_at]
                at = chance.choice(later or [told, told + 5 * MINUTE, told + HOUR])
                if at < job.over_at:
                    found.append(Return(at=at, device=job.device, mail="notice"))
    if chance.random() < 0.2:
        at = scene.issued_at[0] + HOUR
        found.append(Complain(at=at, contact=chance.choice(_contacts(scene))))
    return found


def _call(device: str, at: Instant, spoken: Instant) -> Call:
    return Call(at=at, device=device, reached="Dana Reyes", telephone="+1 212 555 0100", spoken_at=spoken)


def _after_issue(chance: random.Random, scene: Scene) -> list[Instant]:
    return [at + chance.choice([60, HOUR, 3 * HOUR]) for at in scene.issued_at]


def excuses(chance: random.Random, places: Places) -> Iterator[Excuse]:
    """Excuses of some outages, before the device has its next one."""
    jobs = [job for trouble in places.troubles for job in trouble.jobs]
    for job in jobs:
        later = [other.outage.started_at for other in jobs if other.device == job.device]
        next_at = min((at for at in later if at > job.outage.started_at), default=FOREVER)
        if chance.random() < 0.25:
            found = excuses_for(chance, job, places.scene.issued_at)
            yield from (excuse for excuse in found if excuse.at < next_at)


def later_version(chance: random.Random, scene: Scene, not_before: Instant) -> list[Contract]:
    """Applied some time in the first month, at times in its last second."""
    if scene.later is None:
        return []
    ends_at = scene.month_end
    at = chance.choice([ends_at - 1, ends_at - chance.randint(1, 20 * DAY)])
    return [Contract(at=max(at, not_before), terms=scene.later)]


def issue_lines(chance: random.Random, scene: Scene) -> list[Issue]:
    """At times the operator asks as well, when the moment has come or too early."""
    if chance.random() >= 0.35:
        return []
    number = chance.randrange(len(scene.periods))
    at = scene.issued_at[number] + chance.choice([-HOUR, -1, 0, 1, 600, 2 * HOUR])
    return [Issue(at=at, period=scene.periods[number])]


def _failing_at(chance: random.Random, places: Places) -> Instant:
    where = chance.choices(["trouble", "issue", "anywhere"], [75, 15, 10])[0]
    if where == "trouble" and places.troubles:
        trouble = chance.choice(places.troubles)
        grace = trouble.silence.station.grace_seconds
        moments = [trouble.at, trouble.at + grace, trouble.silence.over_at]
        return chance.choice(moments) + chance.choice([-10 * MINUTE, -61, -30, 0, 30, 61])
    if where == "issue":
        return chance.choice(places.scene.issued_at) - chance.choice([0, 30, 5 * MINUTE])
    return chance.randrange(places.scene.starts_at, places.scene.ends_at)


def _bouncing_at(chance: random.Random, places: Places) -> Instant:
    """Before a trouble, in the middle of it, or before a statement."""
    scene = places.scene
    moments = [scene.starts_at, scene.issued_at[0] - HOUR, scene.issued_at[0] + chance.choice(TICKS)]
    for trouble in places.troubles:
        noticed = trouble.at + trouble.silence.station.grace_seconds
        moments += [trouble.at - HOUR, noticed + 90, noticed + 10 * MINUTE, noticed + HOUR]
    return max(chance.choice(moments), places.begins_at)


def _contacts(scene: Scene) -> list[str]:
    contacts = scene.versions[0].contacts
    return list(dict.fromkeys((*contacts.outages, *contacts.statements)))
