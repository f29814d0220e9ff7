"""Half-open intervals of instants: joining them, cutting them, measuring them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from makegood.rules.instants import Instant

if TYPE_CHECKING:
    from collections.abc import Iterable


class Interval(NamedTuple):
    """`[start, end)`; empty when it does not start before it ends."""

    start: Instant
    end: Instant

    def has(self, instant: Instant) -> bool:
        return self.start <= instant < self.end

    def covers(self, other: Interval) -> bool:
        return self.start <= other.start and other.end <= self.end

    def clip(self, other: Interval) -> Interval:
        """The part of this interval inside the other one."""
        return Interval(max(self.start, other.start), min(self.end, other.end))

    def meets(self, other: Interval) -> bool:
        part = self.clip(other)
        return part.start < part.end

    def seconds(self) -> int:
        return max(0, self.end - self.start)


def join(intervals: Iterable[Interval]) -> list[Interval]:
    """The same time in order, without what is empty; what overlaps or touches is one interval."""
    joined: list[Interval] = []
    for interval in sorted(interval for interval in intervals if interval.start < interval.end):
        if joined and interval.start <= joined[-1].end:
            joined[-1] = Interval(joined[-1].start, max(joined[-1].end, interval.end))
        else:
            joined.append(interval)
    return joined


def overlap(some: Iterable[Interval], others: Iterable[Interval]) -> list[Interval]:
    """The time that is in both."""
    others = join(others)
    return join(one.clip(other) for one in join(some) for other in others)


def total_seconds(intervals: Iterable[Interval]) -> int:
    """How much time the intervals cover, each instant counted once."""
    return sum(interval.seconds() for interval in join(intervals))
