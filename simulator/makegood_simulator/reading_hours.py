"""Business time as a person counts it: minute by minute, with an eye on the clock on the client's wall."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from makegood.rules.instants import Instant

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTE: Final = 60
"""Hours begin and end with a minute, and clocks are changed by whole ones."""


class Hours(NamedTuple):
    """Days with the opening and the close on each, as written, and the dates that are off."""

    zone: str
    spans: tuple[tuple[str, str, str], ...]
    off: frozenset[str]


def hours_of(outages: Mapping[str, Any], stage: str, zone: str) -> Hours | None:
    """The hours in which a stage is counted; None is round the clock, as the notice always is."""
    written = outages.get("hours")
    if written is None or stage == "notify":
        return None
    spans = [
        (day, *span.split("-"))
        for days, texts in written.items()
        for day in _named(days)
        for span in ([texts] if isinstance(texts, str) else texts)
    ]
    off = (outages.get("holidays") or {}).get("dates") or []
    return Hours(zone, tuple((day, opens, closes) for day, opens, closes in spans), frozenset(off))


def passed(hours: Hours | None, start: Instant, end: Instant) -> int:
    """How much time that counts passes between two instants."""
    if hours is None:
        return max(0, end - start)
    counted, at = 0, start
    while at < end:
        until = min(end, at - at % MINUTE + MINUTE)
        counted += until - at if _is_open(hours, at - at % MINUTE) else 0
        at = until
    return counted


def after(hours: Hours | None, start: Instant, seconds: int) -> Instant:
    """When so much has passed since the start."""
    if hours is None:
        return start + seconds
    at = start
    while seconds:
        minute = at - at % MINUTE
        is_open = _is_open(hours, minute)
        step = min(seconds, minute + MINUTE - at) if is_open else minute + MINUTE - at
        seconds -= step if is_open else 0
        at += step
    return at


def before(hours: Hours | None, end: Instant, seconds: int) -> Instant:
    """From when on no more than so much is left until the end."""
    if hours is None:
        return end - seconds
    at = end
    while True:
        minute = (at - 1) - (at - 1) % MINUTE
        if not _is_open(hours, minute):
            at = minute
        elif seconds:
            step = min(seconds, at - minute)
            seconds, at = seconds - step, at - step
        else:
            return at


def opens(hours: Hours | None, at: Instant) -> Instant:
    """The first second from an instant on that counts."""
    return at if hours is None else after(hours, at, 1) - 1


@lru_cache(maxsize=300_000)
def _is_open(hours: Hours, minute: Instant) -> bool:
    shown = datetime.fromtimestamp(minute, ZoneInfo(hours.zone))
    if shown.date().isoformat() in hours.off:
        return False
    clock = f"{shown:%H:%M}"
    today, yesterday = DAYS[shown.weekday()], DAYS[(shown - timedelta(days=1)).weekday()]
    for day, begins, ends in hours.spans:
        is_overnight = ends <= begins
        if day == today and begins <= clock and (is_overnight or clock < ends):
            return True
        if is_overnight and day == yesterday and clock < ends:
            return True
    return False


def _named(days: str) -> list[str]:
    first, _, last = days.partition("-")
    week = [*DAYS, *DAYS]
    start = week.index(first)
    return week[start : week.index(last or first, start) + 1]
