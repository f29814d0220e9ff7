"""What technicians and operators do about an outage: in time, on the second, too late, or not at all."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from makegood.rules.clocks import ROUND_THE_CLOCK
from makegood.rules.contracts import Outages
from makegood.rules.instants import FOREVER, Instant
from makegood_simulator.month_silences import HOUR, MINUTE, TICKS, TOLD_SECONDS, Outage
from makegood_simulator.tape import DeviceLine, Excuse, Pause, Plan, Repair, Resume, Take

ENDLESS_STAGE: Final = 4 * HOUR
"""Where a stage is not promised, people work as if this were its limit."""


@dataclass(frozen=True)
class Job:
    """An outage somebody may work on; up to `over_at` it is the newest of its device."""

    device: str
    outage: Outage
    terms: Outages
    grace_seconds: int
    over_at: Instant

    @property
    def told_at(self) -> Instant:
        """When technicians know of it, if nothing is out of order."""
        return self.outage.started_at + self.grace_seconds + TOLD_SECONDS

    @property
    def taken_before(self) -> Instant:
        """Until then somebody has to act, or the incident may be closed as come back by itself."""
        return min(self.over_at, FOREVER if self.waits_for_people else self.outage.stable_at or FOREVER)

    def limit_of(self, stage: str) -> Instant:
        """The stage's deadline without pauses."""
        promised = self.terms.promised().get(stage)
        if promised is None:
            return self.outage.started_at + ENDLESS_STAGE
        return promised.clock.after(self.outage.started_at, promised.within)

    @property
    def waits_for_people(self) -> bool:
        """Whether only a person can document it, even if nobody has acted by the time it is stable."""
        if self.terms.self_recovery == "document":
            return True
        decisive = "plan" if self.terms.plan else "repair"
        stable_at = self.outage.stable_at
        return stable_at is None or (
            decisive in self.terms.promised() and stable_at > self.limit_of(decisive)
        )


def acts_on(chance: random.Random, job: Job) -> list[DeviceLine]:
    """Lines in order of time, each when the incident is still open; at times none."""
    is_left_alone = chance.random() < (0.1 if job.waits_for_people else 0.25)
    if job.told_at >= job.taken_before or is_left_alone:
        return []
    pauses = list(_pauses(chance, job)) if chance.random() < 0.35 else []
    wanted = [*pauses, *_work(chance, job, pauses)]
    known = sorted((line for line in wanted if line.at < job.over_at), key=lambda line: line.at)
    if not known:
        return []
    if known[0].at >= job.taken_before:
        known = [Take(at=_at_first(chance, job), device=job.device), *_without_take(known)]
    return _until_ended(job, known)


def excuses_for(chance: random.Random, job: Job, issues: Iterable[Instant]) -> Iterator[Excuse]:
    """Approved after the limits, at times around the moment a statement is issued."""
    promised = list(job.terms.promised())
    for stage in chance.sample(promised, min(chance.choice([1, 1, 2]), len(promised))):
        limit = job.limit_of(stage)
        moments = [issue + tick for issue in issues for tick in TICKS if issue > max(limit, job.told_at)]
        soon = max(limit, job.told_at) + chance.randint(1, 30 * HOUR)
        at = chance.choice(moments) if moments and chance.random() < 0.4 else soon
        reason = chance.choice(["client_caused", "force_majeure"])
        yield Excuse(at=at, device=job.device, stage=stage, reason=reason, approved_by="owner@acme.example")


def _at_first(chance: random.Random, job: Job) -> Instant:
    return chance.randrange(job.told_at, min(job.taken_before, job.told_at + 20 * MINUTE))


def _pauses(chance: random.Random, job: Job) -> Iterator[Pause | Resume]:
    """One or two waits for the client, beginning and ending at awkward moments; the last may never end."""
    at = job.told_at
    for _ in range(chance.choice([1, 1, 2])):
        at = max(at + 1, chance.choice([at + chance.randint(60, HOUR), _near_limit(chance, job)]))
        reason = chance.choice(["awaiting_client", "awaiting_parts_approval"])
        yield Pause(at=at, device=job.device, reason=reason)
        if chance.random() < 0.2:
            return
        at = max(
            at + 1, chance.choice([at + chance.randint(1, 5 * HOUR), at + HOUR, _near_limit(chance, job)])
        )
        yield Resume(at=at, device=job.device)


def _near_limit(chance: random.Random, job: Job) -> Instant:
    return job.limit_of(chance.choice(["plan", "repair"])) + chance.choice(TICKS)


def _work(chance: random.Random, job: Job, pauses: list[Pause | Resume]) -> Iterator[DeviceLine]:
    if chance.random() < 0.6:
        yield Take(at=_at_first(chance, job), device=job.device)
    if chance.random() < 0.75:
        text = "The power supply failed. It is replaced today."
        yield Plan(at=_moment(chance, job, "plan", pauses), device=job.device, text=text)
    if chance.random() < 0.9:
        text = "Replaced the power supply and watched it start."
        yield Repair(at=_moment(chance, job, "repair", pauses), device=job.device, text=text)


def _moment(chance: random.Random, job: Job, stage: str, pauses: list[Pause | Resume]) -> Instant:
    """Before, on the second of, or after a limit; or around the device's return."""
    limit = _extended(job, stage, pauses)
    back = job.outage.back_at or limit
    stable = job.outage.stable_at or limit
    moments = [
        limit + chance.choice(TICKS),
        limit + chance.choice(TICKS),
        chance.randint(job.told_at, max(limit, job.told_at)),
        max(limit, job.told_at) + chance.randint(2, 8 * HOUR),
        back + chance.randint(-HOUR, 2 * HOUR),
        stable + chance.choice(TICKS),
    ]
    return max(chance.choice(moments), job.told_at)


def _extended(job: Job, stage: str, pauses: list[Pause | Resume]) -> Instant:
    """The limit as the pauses move it; one that never ends moves nothing here."""
    promised, limit = job.terms.promised().get(stage), job.limit_of(stage)
    clock = promised.clock if promised else ROUND_THE_CLOCK
    for begin, end in zip(pauses[::2], pauses[1::2], strict=False):
        if begin.at < limit:
            limit = clock.after(limit, clock.seconds(begin.at, end.at))
    return limit


def _without_take(lines: list[DeviceLine]) -> list[DeviceLine]:
    return [line for line in lines if not isinstance(line, Take)]


def _until_ended(job: Job, lines: list[DeviceLine]) -> list[DeviceLine]:
    """Nothing can be done about an incident that is repaired and documented."""
    repaired = [line.at for line in lines if isinstance(line, Repair)]
    if not repaired or job.outage.stable_at is None:
        return lines
    ended = max(repaired[0], job.outage.stable_at)
    return [line for line in lines if line.at < ended or isinstance(line, Repair)]
