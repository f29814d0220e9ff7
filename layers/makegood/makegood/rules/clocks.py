"""The clocks of promises: all time, or only a client's business hours, right across changes of the clocks."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Final, Protocol
from zoneinfo import ZoneInfo

from makegood.rules.instants import DAY_SECONDS, Instant
from makegood.rules.intervals import Interval, join

if TYPE_CHECKING:
    from collections.abc import Iterator

_EPOCH: Final = date(1970, 1, 1)


class Clock(Protocol):
    """Counts the seconds that a promise is given; where it stands still, no time passes for it."""

    def seconds(self, start: Instant, end: Instant) -> int:
        """How much of the clock's time lies in `[start, end)`."""

    def after(self, start: Instant, seconds: int) -> Instant:
        """The first instant by which so much of the clock's time has passed since `start`."""

    def before(self, end: Instant, seconds: int) -> Instant:
        """The first instant from which no more than so much of the clock's time passes until `end`."""

    def runs(self, start: Instant, end: Instant) -> Iterator[Interval]:
        """The stretches of `[start, end)` in which the clock runs, in order."""


@dataclass(frozen=True)
class RoundTheClock:
    """All time counts."""

    def seconds(self, start: Instant, end: Instant) -> int:
        return max(0, end - start)

    def after(self, start: Instant, seconds: int) -> Instant:
        return start + seconds

    def before(self, end: Instant, seconds: int) -> Instant:
        return end - seconds

    def runs(self, start: Instant, end: Instant) -> Iterator[Interval]:
        if start < end:
            yield Interval(start, end)


ROUND_THE_CLOCK: Final = RoundTheClock()


@dataclass(frozen=True)
class BusinessHours:
    """The time in which the zone's clocks show business hours on a day that is no holiday.

    `week` holds for each weekday, Monday first, its spans in seconds of the day as clocks show it (0 to
    86,400), in order and apart. `calendar` is what the holidays are called.
    """

    timezone: str
    week: tuple[tuple[Interval, ...], ...]
    holidays: frozenset[date] = frozenset()
    calendar: str = ""

    def seconds(self, start: Instant, end: Instant) -> int:
        if start >= end:
            return 0
        first, last = _year_of(start), _year_of(end)
        between = sum(_open(self, year).total for year in range(first, last))
        return between + _open(self, last).until(end) - _open(self, first).until(start)

    def after(self, start: Instant, seconds: int) -> Instant:
        if seconds == 0:
            return start
        year = _year_of(start)
        seconds += _open(self, year).until(start)
        while seconds > _open(self, year).total:
            seconds -= _open(self, year).total
            year += 1
        return _open(self, year).reaches(seconds)

    def before(self, end: Instant, seconds: int) -> Instant:
        year = _year_of(end)
        seconds = _open(self, year).until(end) - seconds
        while seconds <= 0:
            # What opens with a year may be reached at the close of the year before.
            year -= 1
            seconds += _open(self, year).total
        return _open(self, year).reaches(seconds)

    def runs(self, start: Instant, end: Instant) -> Iterator[Interval]:
        for year in range(_year_of(start), _year_of(end) + 1):
            yield from _open(self, year).within(Interval(start, end))


@dataclass(frozen=True)
class _Open:
    """The business hours of a year of UTC: its stretches, and how much is over by each end."""

    starts: tuple[Instant, ...]
    ends: tuple[Instant, ...]
    over: tuple[int, ...]

    @property
    def total(self) -> int:
        return self.over[-1] if self.over else 0

    def until(self, instant: Instant) -> int:
        """How much is over by an instant of the year."""
        begun = bisect_right(self.starts, instant)
        if begun == 0:
            return 0
        return self.over[begun - 1] - max(0, self.ends[begun - 1] - instant)

    def reaches(self, seconds: int) -> Instant:
        """The first instant by which so much is over, at least a second and at most the total."""
        index = bisect_left(self.over, seconds)
        return self.ends[index] - (self.over[index] - seconds)

    def within(self, window: Interval) -> Iterator[Interval]:
        some = slice(bisect_right(self.ends, window.start), bisect_left(self.starts, window.end))
        for start, end in zip(self.starts[some], self.ends[some], strict=True):
            part = Interval(start, end).clip(window)
            if part.start < part.end:
                yield part


@lru_cache(maxsize=4096)
def _open(hours: BusinessHours, year: int) -> _Open:
    bounds = Interval(_first_of(year), _first_of(year + 1))
    stretches = join(
        stretch
        for piece, offset in _pieces(hours.timezone, bounds)
        for stretch in _shown(hours, piece, offset)
    )
    return _Open(
        starts=tuple(stretch.start for stretch in stretches),
        ends=tuple(stretch.end for stretch in stretches),
        over=tuple(accumulate(stretch.seconds() for stretch in stretches)),
    )


def _shown(hours: BusinessHours, piece: Interval, offset: int) -> Iterator[Interval]:
    """The business hours in a stretch of time in which the clocks are so far from UTC."""
    first, last = ((instant + offset) // DAY_SECONDS for instant in (piece.start, piece.end - 1))
    for number in range(first, last + 1):
        day = _EPOCH + timedelta(days=number)
        if day not in hours.holidays:
            midnight = number * DAY_SECONDS - offset
            for span in hours.week[day.weekday()]:
                yield Interval(midnight + span.start, midnight + span.end).clip(piece)


@lru_cache(maxsize=4096)
def _pieces(timezone: str, bounds: Interval) -> tuple[tuple[Interval, int], ...]:
    """The stretches between changes of the clocks, and how many seconds they are ahead of UTC in each."""
    zone = ZoneInfo(timezone)
    found = []
    start, offset = bounds.start, _offset(bounds.start, zone)
    for probe in (*range(bounds.start + DAY_SECONDS, bounds.end, DAY_SECONDS), bounds.end):
        if _offset(probe, zone) != offset:
            day = range(probe - DAY_SECONDS, probe + 1)
            change = day[bisect_left(day, True, key=lambda at: _offset(at, zone) != offset)]
            found.append((Interval(start, change), offset))
            start, offset = change, _offset(change, zone)
    return (*found, (Interval(start, bounds.end), offset))


def _offset(instant: Instant, zone: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(instant, zone).utcoffset()
    assert offset is not None  # a ZoneInfo knows its offset at every time
    return offset.days * DAY_SECONDS + offset.seconds


def _year_of(instant: Instant) -> int:
    return datetime.fromtimestamp(instant, UTC).year


def _first_of(year: int) -> Instant:
    return (date(year, 1, 1) - _EPOCH).days * DAY_SECONDS
