"""Business hours as a contract writes them: days of the week with their hours, and explicit holidays."""

from __future__ import annotations

import re
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final, TypeVar

from makegood.rules.clocks import ROUND_THE_CLOCK, BusinessHours, Clock
from makegood.rules.instants import DAY_SECONDS, parse_date
from makegood.rules.intervals import Interval, join
from makegood.rules.shapes import read_text
from makegood.rules.values import LONGEST_DURATION, must_be

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from zoneinfo import ZoneInfo

    from makegood.rules.shapes import Fields
    from makegood.rules.terms import StageTerms

T = TypeVar("T")

HOURS_FIELDS: Final = ("hours", "holidays")
HOLIDAYS_FIELDS: Final = ("calendar", "dates")
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MOST_HOLIDAYS: Final = 1_000

_SPAN: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-(?:([01][0-9]|2[0-3]):([0-5][0-9])|(24:00))")
_ONE_WEEK: Final = 7 * DAY_SECONDS
_SPAN_EXAMPLE: Final = 'hours such as "08:00-18:00", or a list of them'


def read_clock(fields: Fields, zone: ZoneInfo | None) -> Clock:
    """The clock of plan and repair that `hours` and `holidays` describe; without hours, all time counts."""
    written: dict[str, object] | None = fields.optional("hours", _read_object, None)
    holidays = fields.table("holidays", HOLIDAYS_FIELDS, _read_holidays)
    if written is None:
        if holidays is not None:
            fields.refuse("holidays", 'needs hours beside it, such as hours: {mon-sun: "00:00-24:00"}')
        return ROUND_THE_CLOCK
    week = _read_week(fields, written)
    if zone is None:
        fields.refuse("hours", "can only be counted in a time zone")
    calendar, dates = holidays or ("", frozenset())
    if zone is None or week is None:
        return ROUND_THE_CLOCK
    return BusinessHours(zone.key, week, dates, calendar)


def refuse_unreachable(fields: Fields, stage: str, terms: StageTerms | None) -> None:
    """Refuses lengths of business time that take longer to pass than the longest duration."""
    clock = terms.clock if terms else ROUND_THE_CLOCK
    if terms is None or not isinstance(clock, BusinessHours):
        return
    weekly = sum(span.seconds() for day in clock.week for span in day)
    longest = LONGEST_DURATION * weekly // _ONE_WEEK
    every = terms.late.every if terms.late else None
    for name, seconds in (("within", terms.within), ("then.every", every)):
        if seconds is not None and seconds > longest:
            allowed = f"at most {longest}s: {weekly}s a week are business hours, and ten years must suffice"
            fields.refuse(f"{stage}.{name}", f"must be {allowed}, got {seconds}s")


def _read_object(value: object) -> dict[str, object]:
    if not isinstance(value, dict) or not value:
        raise ValueError(must_be('days and their hours such as {mon-fri: "08:00-18:00"}', value))
    return value


def _read_week(fields: Fields, written: dict[str, object]) -> tuple[tuple[Interval, ...], ...] | None:
    """The spans of each day; what goes past midnight is of the day after. None when something is wrong."""
    week: list[list[Interval]] = [[] for _ in DAYS]
    named: set[int] = set()
    before = len(fields.problems)
    for name, value in written.items():
        days = _refusing(fields, f"hours.{name}", partial(_read_days, name))
        spans = _refusing(fields, f"hours.{name}", partial(_read_spans, value))
        for day in days or ():
            if day in named:
                fields.refuse(f"hours.{name}", f"must name each day once, {DAYS[day]} is there already")
            named.add(day)
            for span in spans or ():
                today, tomorrow = Interval(0, DAY_SECONDS), Interval(DAY_SECONDS, 2 * DAY_SECONDS)
                late = span.clip(tomorrow)
                week[day].append(span.clip(today))
                week[(day + 1) % 7].append(Interval(late.start - DAY_SECONDS, late.end - DAY_SECONDS))
    return tuple(tuple(join(spans)) for spans in week) if len(fields.problems) == before else None


def _refusing(fields: Fields, key: str, read: Callable[[], T]) -> T | None:
    try:
        return read()
    except ValueError as error:
        fields.refuse(key, str(error))
        return None


def _read_days(name: object) -> list[int]:
    """`mon`, or `sun-thu`: from the first to the last, over the end of the week where need be."""
    first, _, last = str(name).partition("-")
    if first not in DAYS or (last or first) not in DAYS or str(name).endswith("-"):
        raise ValueError(f"is no day of the week; write mon, or mon-fri, of {', '.join(DAYS)}")
    start = DAYS.index(first)
    return [(start + n) % 7 for n in range((DAYS.index(last or first) - start) % 7 + 1)]


def _read_spans(value: object) -> list[Interval]:
    """Seconds of the day, past 86,400 on the day after; an end at or before the start is of that day."""
    texts = value if isinstance(value, list) else [value]
    if not texts:
        raise ValueError(must_be(_SPAN_EXAMPLE, value))
    return [_read_span(text) for text in texts]


def _read_span(text: object) -> Interval:
    match = _SPAN.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(must_be(_SPAN_EXAMPLE, text))
    start = int(match[1]) * 3600 + int(match[2]) * 60
    end = DAY_SECONDS if match[5] else int(match[3]) * 3600 + int(match[4]) * 60
    if start == end:
        raise ValueError(must_be('hours that end at another time; all day is "00:00-24:00"', text))
    return Interval(start, end if start < end else end + DAY_SECONDS)


def _read_holidays(fields: Fields) -> tuple[str, frozenset[date]]:
    calendar = fields.required("calendar", read_text)
    known = fields.optional("dates", _read_known_dates, None)
    if known is not None:
        return calendar, known
    dates = fields.items("dates", _read_date)
    if len(dates) > MOST_HOLIDAYS:
        fields.refuse("dates", f"must be at most {MOST_HOLIDAYS} dates, got {len(dates)}")
    return calendar, frozenset(dates)


def _read_known_dates(value: object) -> frozenset[date] | None:
    """All the dates at once where all are well written, since every incident carries them; else None."""
    if not isinstance(value, list) or len(value) > MOST_HOLIDAYS:
        return None
    if not all(isinstance(text, str) for text in value):
        return None
    return _read_dates(tuple(value))


@lru_cache(maxsize=64)
def _read_dates(texts: tuple[str, ...]) -> frozenset[date] | None:
    try:
        return frozenset(map(parse_date, texts))
    except ValueError:
        return None


def _read_date(value: object) -> date:
    try:
        return parse_date(value if isinstance(value, str) else "")
    except ValueError:
        raise ValueError(must_be("a date such as 2026-12-25", value)) from None
