"""When a silence is an outage: not inside announced maintenance, nor while nobody could be heard."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from makegood.rules.intervals import Interval, join

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from makegood.rules.instants import Instant

OVERTAKE_SECONDS = 5
"""A beat in time may still be on its way through the heartbeat function, for as long as its time-out."""


class Clock(NamedTuple):
    """A silence's clock: from when it counts, and the last instant at which a beat still ends it in time."""

    start: Instant
    due: Instant

    def is_overdue(self, now: Instant) -> bool:
        return now > self.due


def clock_of(
    last_seen: Instant,
    grace_seconds: int,
    *,
    maintenance: Sequence[Interval] = (),
    unmonitored: Sequence[Interval] = (),
) -> Clock:
    """The clock of a device last heard at `last_seen`, moved by the windows and gaps that its due falls into.

    `maintenance` are the device's valid windows, `unmonitored` the gaps in which nobody could be heard, from
    the last proof that we could hear to the next.

    - A due inside a window `[start, end)`: the clock starts at the window's end.
    - A due inside a gap, or less than one grace after its end when the gap began at or before it: the device
      has one grace from the gap's end on to be heard, and the clock's start stays.
    - A silence that was overdue when a window or a gap began is not touched by it.
    """
    clock = Clock(last_seen, last_seen + grace_seconds)
    windows, gaps = join(maintenance), join(unmonitored)
    while True:
        moved = _after_windows(_after_gaps(clock, gaps, grace_seconds), windows, grace_seconds)
        if moved == clock:
            return clock
        clock = moved


def outage_since(
    last_seen: Instant,
    grace_seconds: int,
    now: Instant,
    *,
    maintenance: Sequence[Interval] = (),
    unmonitored: Sequence[Interval] = (),
) -> Instant | None:
    """When the outage began that exists at `now`, by this silence; None when there is none (yet)."""
    clock = clock_of(last_seen, grace_seconds, maintenance=maintenance, unmonitored=unmonitored)
    return clock.start if clock.is_overdue(now) else None


def _after_gaps(clock: Clock, gaps: Iterable[Interval], grace_seconds: int) -> Clock:
    for gap in gaps:
        if gap.start <= clock.due < gap.end + grace_seconds:
            clock = Clock(clock.start, gap.end + grace_seconds)
    return clock


def _after_windows(clock: Clock, windows: Iterable[Interval], grace_seconds: int) -> Clock:
    for window in windows:
        if window.has(clock.due):
            clock = Clock(window.end, window.end + grace_seconds)
    return clock
