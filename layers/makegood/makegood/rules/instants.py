"""Instants, local days and periods: where one ends and the next begins, in any time zone."""

from __future__ import annotations

import re
from bisect import bisect_left
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

Instant = int
Period = str

FIRST_YEAR = 1970
LAST_YEAR = 9900  # what is promised within ten years can still be written
FOREVER: Instant = 253_402_300_800  # the year 10000, after every instant that can be written
DAY_SECONDS = 86_400

_YEAR = "(?:19[7-9][0-9]|[2-8][0-9]{3}|9[0-8][0-9]{2}|9900)"  # from the first to the last
RFC3339 = rf"{_YEAR}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3])(?::[0-5][0-9]){{2}}Z"
"""How instants are written; not every day of such a form exists."""

_RFC3339 = re.compile(RFC3339)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PERIOD = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - naive on purpose: what wall clocks show is counted from here


class LocalDay(NamedTuple):
    """A date of a time zone and the instants `[starts_at, ends_at)` it lasts."""

    date: date
    starts_at: Instant
    ends_at: Instant


def parse_instant(text: str) -> Instant:
    """`2026-03-01T00:00:00Z`, whole seconds and `Z` only; anything else is a ValueError."""
    if not _RFC3339.fullmatch(text):
        raise ValueError(f"not an instant such as 2026-03-01T00:00:00Z: {text!r}")
    return _seconds(datetime.fromisoformat(text[:-1]) - _EPOCH)


def format_instant(instant: Instant) -> str:
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_date(text: str) -> date:
    """`2026-03-01`; anything else is a ValueError."""
    if not _DATE.fullmatch(text) or not FIRST_YEAR <= int(text[:4]) <= LAST_YEAR:
        raise ValueError(f"not a date such as 2026-03-01: {text!r}")
    return date.fromisoformat(text)


def parse_period(text: str) -> Period:
    """A month, `2026-03`; anything else is a ValueError."""
    if not _PERIOD.fullmatch(text) or not FIRST_YEAR < int(text[:4]) < LAST_YEAR:
        raise ValueError(f"not a period such as 2026-03: {text!r}")
    return text


def first_instant(day: date, zone: ZoneInfo) -> Instant:
    """The first instant that exists at or after the day's local midnight."""
    return instant_of(datetime(day.year, day.month, day.day), zone)  # noqa: DTZ001 - a local wall-clock time


def instant_of(wall: datetime, zone: ZoneInfo) -> Instant:
    """When the zone's clocks first show this naive time; where they skip it, the first instant after it."""
    shown = _seconds(wall - _EPOCH)
    instant = shown - _offset(wall, zone)
    if _shown_at(instant, zone) == shown:
        return instant
    # Skipped: the clocks jump over it between these two, whose offsets are those after and before the jump.
    start = shown - _offset(wall.replace(fold=1), zone)
    return start + bisect_left(range(start, instant), shown, key=lambda second: _shown_at(second, zone))


def local_date(instant: Instant, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(instant, zone).date()


def period_of(instant: Instant, zone: ZoneInfo) -> Period:
    """The period an instant lies in."""
    return local_date(instant, zone).strftime("%Y-%m")


def period_bounds(period: Period, zone: ZoneInfo) -> tuple[Instant, Instant]:
    """The half-open interval of a local calendar month."""
    return first_instant(_first_day(period), zone), first_instant(_first_day(next_period(period)), zone)


def next_period(period: Period) -> Period:
    return (_first_day(period) + timedelta(days=31)).strftime("%Y-%m")


def previous_period(period: Period) -> Period:
    return (_first_day(period) - timedelta(days=1)).strftime("%Y-%m")


def local_days(period: Period, zone: ZoneInfo) -> list[LocalDay]:
    """The days of a month; a date that the zone skips is not a day."""
    return days_between(_first_day(period), _first_day(next_period(period)), zone)


def days_between(first: date, end: date, zone: ZoneInfo) -> list[LocalDay]:
    """The local days of the dates from `first` up to, not including, `end`."""
    dates = [first + timedelta(days=n) for n in range((end - first).days + 1)]
    starts = [first_instant(day, zone) for day in dates]
    days = map(LocalDay, dates, starts, starts[1:])
    return [day for day in days if day.starts_at < day.ends_at]


def _first_day(period: Period) -> date:
    return date(int(period[:4]), int(period[5:]), 1)


def _offset(wall: datetime, zone: ZoneInfo) -> int:
    offset = zone.utcoffset(wall)
    assert offset is not None  # a ZoneInfo knows its offset at every time
    return _seconds(offset)


def _shown_at(instant: Instant, zone: ZoneInfo) -> int:
    return _seconds(datetime.fromtimestamp(instant, zone).replace(tzinfo=None) - _EPOCH)


def _seconds(length: timedelta) -> int:
    return length.days * DAY_SECONDS + length.seconds
