"""What goes wrong and when, all of it drawn from one seed."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from random import Random

from makegood_simulator.witness import Milliseconds

SECOND = 1_000
MINUTE = 60 * SECOND
SLOWEST = 4_500
"""A call of a function takes this long at most: SES is given up after five seconds."""


class Fate(Enum):
    """What becomes of a call to AWS."""

    WELL = "well"
    DIES_BEFORE = "the process dies before the call"
    REFUSED = "AWS refuses the call"
    TWICE = "the call's answer is lost and the SDK makes it again"
    LOST = "the call happens, its answer is an error"
    DIES_AFTER = "the process dies after the call"


class Faults:
    """Draws what goes wrong; each seed has its own mixture, some hardly any.

    After `calm_until`, when the client has its contract, and up to `calm_from`: afterwards everything works,
    so that what was begun can be brought to its end.
    """

    def __init__(self, seed: int | None, calm_until: Milliseconds = 0, calm_from: Milliseconds = 0) -> None:
        self.chance = Random(f"faults {seed}")
        self.is_on = seed is not None
        self._calm_until = calm_until
        self._calm_from = calm_from
        draw = self.chance.choice
        self._per_call = {
            Fate.DIES_BEFORE: draw([0, 0, 0.002, 0.01]),
            Fate.REFUSED: draw([0, 0.003, 0.03]),
            Fate.TWICE: draw([0, 0, 0.01, 0.03]),
            Fate.LOST: draw([0, 0, 0.003, 0.02]),
            Fate.DIES_AFTER: draw([0, 0, 0.002, 0.01]),
        }
        self._latency = draw([(1, 20), (5, 200), (5, 1_500)])
        self._slow_share = draw([0, 0, 0.01, 0.05])
        self._per_event = draw([0.0, 0.02, 0.1])
        self.lost_ticks_until: Milliseconds = 0
        self.when_ticks_are_lost: list[Callable[[], None]] = []

    def watch(self, now: Milliseconds) -> bool:
        """Whether anything goes wrong at this time."""
        return self.is_on and self._calm_until < now < self._calm_from

    def fate(self, now: Milliseconds, times: float = 1) -> Fate:
        """What becomes of the next call to AWS."""
        if not self.watch(now):
            return Fate.WELL
        drawn = self.chance.random() / times
        for fate, share in self._per_call.items():
            drawn -= share
            if drawn < 0:
                return fate
        return Fate.WELL

    def latency(self, now: Milliseconds, is_hurried: bool, times: float = 1) -> Milliseconds:
        """How long a call takes, slow ones `times` as often; the heartbeat's clients give up early."""
        if not self.watch(now):
            return 0
        if self.chance.random() < self._slow_share * times:
            return self.chance.randint(100, 900 if is_hurried else SLOWEST)
        return min(self.chance.randint(*self._latency), 900 if is_hurried else SLOWEST)

    def strikes(self, now: Milliseconds, times: float = 1) -> bool:
        """Whether something that happens to events happens to this one: doubled, held up, lost."""
        return self.watch(now) and self.chance.random() < self._per_event * times

    def delay(self, now: Milliseconds, most: Milliseconds, times: float = 1) -> Milliseconds:
        """By how much something is held up; mostly not at all."""
        return self.chance.randint(1, most) if self.strikes(now, times) else 0

    def ticks_are_lost(self, now: Milliseconds) -> bool:
        """Whether the scheduler fails: for up to half an hour at a time."""
        if self.strikes(now, 0.03):
            self.lost_ticks_until = now + self.chance.randint(1, 30 * MINUTE)
            for hear in self.when_ticks_are_lost:
                hear()
        return now < self.lost_ticks_until
