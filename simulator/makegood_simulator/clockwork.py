"""The virtual clock, and the agenda of what is to happen when."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush

from makegood_simulator.witness import Milliseconds

Happening = Callable[[], None]


class Agenda:
    """What happens next, in order of time; what falls on one instant happens in the order it was planned.

    `now` is the virtual clock in milliseconds; it never goes back.
    """

    def __init__(self, now: Milliseconds) -> None:
        self.now = now
        self._planned: list[tuple[Milliseconds, int, Happening]] = []
        self._count = 0

    def plan(self, at: Milliseconds, happening: Happening) -> None:
        """Plans it for `at`, or for at once when that has passed."""
        self._count += 1
        heappush(self._planned, (max(at, self.now), self._count, happening))

    def next_at(self) -> Milliseconds:
        """When the next happening falls due; now, when none is planned."""
        return self._planned[0][0] if self._planned else self.now

    def play(self, until: Milliseconds) -> None:
        """Lets everything happen that falls due, also what that brings about, and moves the clock on."""
        while self._planned and self._planned[0][0] <= until:
            at, _, happening = heappop(self._planned)
            self.now = max(self.now, at)
            happening()
        self.now = max(self.now, until)
