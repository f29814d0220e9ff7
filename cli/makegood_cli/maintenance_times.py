"""The times that an operator gives maintenance: by the client's wall clock, or as instants."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from makegood.rules.instants import Instant, instant_of, parse_date, parse_instant
from makegood.rules.intervals import Interval
from makegood.rules.maintenance import WEEKDAYS, Weekly
from makegood.storage.changes import RefusedError

_WALL: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)")
_CLOCK: Final = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2})?")


def read_window(starts: str, ends: str, zone: ZoneInfo) -> Interval:
    """One window, each end `2026-03-14 02:00` by the zone's clocks or `2026-03-14T06:00:00Z`."""
    return Interval(_instant("--from", starts, zone), _instant("--to", ends, zone))


def read_weekly(weekdays: str, times: tuple[str, str], dates: tuple[str, str], zone: ZoneInfo) -> Weekly:
    """The same times, `02:00`, on weekdays such as `sat,sun` or `mon-fri`, from one date to another."""
    return Weekly(
        weekdays=_weekdays(weekdays),
        starts=_time("--from", times[0]),
        ends=_time("--to", times[1]),
        first=_date("--first", dates[0]),
        last=_date("--last", dates[1]),
        zone=zone,
    )


def _instant(option: str, text: str, zone: ZoneInfo) -> Instant:
    match = _WALL.fullmatch(text)
    try:
        if match is None:
            return parse_instant(text)
        wall = datetime.combine(parse_date(match[1]), time.fromisoformat(match[2]))
        return instant_of(wall, zone)
    except ValueError:
        raise RefusedError(
            f"{option} must be a time such as '2026-03-14 02:00' ({zone.key}) or 2026-03-14T06:00:00Z, "
            f"got {text!r}."
        ) from None


def _time(option: str, text: str) -> time:
    try:
        return time.fromisoformat(text if _CLOCK.fullmatch(text) else "")
    except ValueError:
        raise RefusedError(f"{option} must be a time of the day such as 02:00, got {text!r}.") from None


def _date(option: str, text: str) -> date:
    try:
        return parse_date(text)
    except ValueError:
        raise RefusedError(f"{option} must be a date such as 2026-03-14, got {text!r}.") from None


def _weekdays(text: str) -> tuple[int, ...]:
    found: set[int] = set()
    for part in text.lower().split(","):
        begin, _, end = part.strip().partition("-")
        if begin not in WEEKDAYS or (end or begin) not in WEEKDAYS:
            raise RefusedError(f"--weekly takes weekdays such as sat,sun or mon-fri, got {text!r}.")
        start = WEEKDAYS.index(begin)
        length = (WEEKDAYS.index(end or begin) - start) % 7
        found.update((start + n) % 7 for n in range(length + 1))
    return tuple(sorted(found))
