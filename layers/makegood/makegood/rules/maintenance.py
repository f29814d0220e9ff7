"""Announced maintenance: when its windows are, and which of them were announced in time to count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from makegood.rules.contracts import Contract, covered
from makegood.rules.instants import FOREVER, Instant, instant_of, local_date
from makegood.rules.intervals import Interval, join
from makegood.rules.names import EVERY_DEVICE

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Weekly:
    """The same local wall time on the same weekdays (0 is Monday), from one date to another, both included.

    A window that ends at or before the time it starts at ends on the next day. Where the clocks skip its
    start or end, it is the first instant after that; where they show it twice, the first of both.
    """

    weekdays: tuple[int, ...]
    starts: time
    ends: time
    first: date
    last: date
    zone: ZoneInfo

    def span(self) -> Interval:
        """All of the dates, and the night after the last."""
        return Interval(
            instant_of(datetime.combine(self.first, time()), self.zone),
            instant_of(datetime.combine(self.last + 2 * _DAY, time()), self.zone),
        )

    def windows(self, since: Instant, until: Instant) -> Iterator[Interval]:
        """The windows, in order, of the days that may reach into `[since, until]`."""
        near = Interval(since, until).clip(self.span())
        if near.start > near.end:
            return
        day = max(self.first, local_date(near.start, self.zone) - _DAY)
        last = min(self.last, local_date(near.end, self.zone))
        while day <= last:
            if day.weekday() in self.weekdays:
                yield self._window(day)
            day += _DAY

    def _window(self, day: date) -> Interval:
        end_day = day if self.ends > self.starts else day + _DAY
        return Interval(
            instant_of(datetime.combine(day, self.starts), self.zone),
            instant_of(datetime.combine(end_day, self.ends), self.zone),
        )


@dataclass(frozen=True)
class Work:
    """Maintenance as it was announced: one window or many, of some devices or of every one (`*`)."""

    devices: tuple[str, ...]
    when: Interval | Weekly
    announced_at: Instant
    cancelled_at: Instant | None = None

    def concerns(self, device: str) -> bool:
        return device in self.devices or EVERY_DEVICE in self.devices

    def windows(self, since: Instant, until: Instant) -> Iterator[Interval]:
        """The windows, in order, that share an instant with `[since, until]` and were not cancelled.

        Only what had not begun could be cancelled. A window that the clocks skip as a whole is none.
        """
        found = [self.when] if isinstance(self.when, Interval) else self.when.windows(since, until)
        for window in found:
            begun = self.cancelled_at is None or window.start <= self.cancelled_at
            if begun and window.start <= until and window.end >= since and window.seconds():
                yield window


@dataclass(frozen=True)
class Notice:
    """How long before it begins maintenance must be announced, and when the contract that says so counts."""

    counts: Interval
    seconds: int


def notices(versions: Sequence[Contract]) -> tuple[Notice, ...]:
    """What the versions of a contract, oldest first, ask for, each until the next one begins."""
    starts = [covered(version)[0] for version in versions]
    ends = [covered(version)[1] for version in versions]
    return tuple(
        Notice(
            Interval(start, min(FOREVER if end is None else end, following)),
            version.maintenance_notice_seconds,
        )
        for version, start, end, following in zip(versions, starts, ends, [*starts[1:], FOREVER], strict=True)
    )


def is_in_time(window: Interval, announced_at: Instant, notice: Notice) -> bool:
    """The accounting's rule (Availability): `announced_at <= from - maintenance_notice`."""
    return announced_at <= window.start - notice.seconds


def valid_windows(
    works: Iterable[Work], asked: Sequence[Notice], device: str, since: Instant, until: Instant
) -> tuple[Interval, ...]:
    """When maintenance of a device counts, joined: all that share an instant with `[since, until]`.

    A version of the contract speaks for the time in which it is in force, as its statements do: of a window
    that reaches from one into the next, each part counts by its own version. Outside of every version nothing
    counts.
    """
    return tuple(
        join(
            window.clip(notice.counts)
            for work in works
            if work.concerns(device)
            for window in work.windows(since, until)
            for notice in asked
            if is_in_time(window, work.announced_at, notice)
        )
    )
