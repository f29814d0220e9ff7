"""In made-up months: clients answer, agree and disagree; technicians ask, approve, revoke and decide."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from makegood.rules.instants import DAY_SECONDS as DAY
from makegood.rules.instants import Instant
from makegood_simulator.month_acts import Job
from makegood_simulator.month_places import Places
from makegood_simulator.month_silences import HOUR, MINUTE
from makegood_simulator.tape import Answer, Approve, Ask, Decide, Dispute, Line, Pause, Revoke

SHARE = 0.25
"""Of the outages so many have matters of this kind."""

REASONS = ("client_caused", "client_refused_access", "planned_work", "third_party", "force_majeure")


def both_sides(seed: int, places: Places, lines: Sequence[Line]) -> list[Line]:
    """What the two sides do about the outages, after the pauses that stand among the lines.

    By a chance of their own, so that the rest of a seed's month stays as it was. Nothing is asked of an
    outage that is not the newest of its device any more.
    """
    chance = random.Random(f"both sides {seed}")
    issued = list(places.scene.issued_at)
    until = issued[-1] + 2 * DAY
    found: list[Line] = []
    for trouble in places.troubles:
        for job in trouble.jobs:
            if chance.random() < SHARE:
                known = [
                    line for line in _about(chance, job, issued, lines) if line.at < min(job.over_at, until)
                ]
                found += known
    return found


def _about(chance: random.Random, job: Job, issued: list[Instant], lines: Sequence[Line]) -> Iterator[Line]:
    paused = [line.at for line in lines if isinstance(line, Pause) and line.device == job.device]
    paused = [at for at in paused if job.told_at <= at < job.over_at]
    if paused and chance.random() < 0.6:
        later = paused[-1] + chance.choice([1, MINUTE, HOUR, DAY])
        yield Answer(at=later, device=job.device, text="It is open now.")
    if paused and chance.random() < 0.5:
        yield from _dispute(chance, job, "pause", paused[-1] + chance.choice([MINUTE, 3 * HOUR, 2 * DAY]))
    if job.terms.promised() and chance.random() < 0.8:
        yield from _excuse(chance, job, issued)


def _excuse(chance: random.Random, job: Job, issued: list[Instant]) -> Iterator[Line]:
    """Asked for soon or around a moment of issue, approved mostly, then revoked or disputed at times."""
    stage = chance.choice(list(job.terms.promised()))
    moments = [at + chance.choice([-HOUR, -1, 0, 1, DAY]) for at in issued]
    later = [at for at in moments if at > job.told_at]
    asked_at = chance.choice(later) if later and chance.random() < 0.5 else job.told_at + HOUR
    reason = chance.choice(REASONS)
    yield Ask(at=asked_at, device=job.device, stage=stage, reason=reason, evidence="See the photo.")
    if chance.random() < 0.15:
        return
    approved_at = asked_at + chance.choice([1, MINUTE, 5 * HOUR, 2 * DAY])
    yield Approve(at=approved_at, device=job.device, stage=stage, by=chance.choice(["client", "colleague"]))
    fate, at = chance.random(), approved_at + chance.choice([1, MINUTE, 2 * DAY, 20 * DAY])
    if fate < 0.3:
        yield Revoke(at=at, device=job.device, stage=stage, because="The photo shows another room.")
    elif fate < 0.6:
        yield from _dispute(chance, job, stage, at)


def _dispute(chance: random.Random, job: Job, about: str, at: Instant) -> Iterator[Line]:
    """Decided soon, after days of reminders, or never."""
    yield Dispute(at=at, device=job.device, about=about, text="This is not so.")
    if chance.random() < 0.8:
        later = at + chance.choice([1, HOUR, DAY - 1, DAY, 3 * DAY])
        upheld = chance.random() < 0.5
        yield Decide(at=later, device=job.device, upheld=upheld, because="So we read the log.")
