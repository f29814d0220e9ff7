"""Business time counted second by second, by looking at the clocks on the wall: slow, and plain to see."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from makegood.rules.clocks import BusinessHours
from makegood.rules.contracts import parse_outages


def is_open(hours: BusinessHours, instant: int) -> bool:
    """Whether the clocks show business hours on a day that is no holiday."""
    shown = datetime.fromtimestamp(instant, ZoneInfo(hours.timezone))
    second = shown.hour * 3600 + shown.minute * 60 + shown.second
    spans = hours.week[shown.weekday()]
    return shown.date() not in hours.holidays and any(span.start <= second < span.end for span in spans)


def slow_seconds(hours: BusinessHours, start: int, end: int) -> int:
    return sum(is_open(hours, instant) for instant in range(start, end))


def slow_after(hours: BusinessHours, start: int, seconds: int) -> int:
    at = start
    while seconds:
        seconds -= is_open(hours, at)
        at += 1
    return at


def slow_before(hours: BusinessHours, end: int, seconds: int) -> int:
    """Back to the first instant from which no more than so much is left."""
    at = end
    while seconds or not is_open(hours, at - 1):
        at -= 1
        seconds -= is_open(hours, at)
    return at


def a_week(zone: str, *spans: str, days: Iterable[int] = range(5), off: Iterable[str] = ()) -> BusinessHours:
    """The same spans, such as `08:00-18:00`, on some days of the week."""
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    terms = parse_outages(
        {
            "plan": {"within": "1h"},
            "hours": {names[day]: list(spans) for day in days},
            "holidays": {"calendar": "ours", "dates": list(off)},
        },
        zone=ZoneInfo(zone),
    )
    assert terms.hours is not None
    return terms.hours


def local(text: str, zone: str, fold: int = 0) -> int:
    """The instant at which clocks show `2026-03-06 17:30`."""
    shown = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return int(shown.timestamp())
