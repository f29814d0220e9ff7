"""How a deadline came about, in words: the whole way step by step, or in a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Final

from makegood.mail.formats import Formats
from makegood.mail.look import count_of, show_length
from makegood.rules.clocks import BusinessHours
from makegood.rules.deadlines import CLOSED, PAUSED, RUNS, Step
from makegood.rules.instants import DAY_SECONDS, Instant, local_date
from makegood.rules.intervals import Interval
from makegood.rules.terms import StageTerms

OF_BUSINESS_TIME: Final = " of business time"
DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MOST_STEPS: Final = 9
"""Of a longer way, the first and the last steps are told, and what lies between in one line."""


def show_week(hours: BusinessHours) -> str:
    """`Mon to Fri 08:00-18:00, Sat 09:00-12:00`."""
    parts = []
    for spans, group in groupby(enumerate(hours.week), key=lambda item: item[1]):
        days = [number for number, _ in group]
        names = DAYS[days[0]] if len(days) == 1 else f"{DAYS[days[0]]} to {DAYS[days[-1]]}"
        if spans:
            parts.append(f"{names} {' and '.join(map(_show_span, spans))}")
    return ", ".join(parts)


def show_within(terms: StageTerms) -> str:
    """`4 h`, or `4 h of business time`."""
    return show_counted(terms.within, terms)


def show_counted(seconds: int, terms: StageTerms) -> str:
    """A length on the stage's clock; of business time in hours, for nobody takes 24 of them for a day."""
    return show_hours(seconds, terms) + in_business_time(terms)


def show_hours(seconds: int, terms: StageTerms) -> str:
    """`1 d 2 h`, or `26 h` of business time."""
    if not isinstance(terms.clock, BusinessHours) or seconds < DAY_SECONDS:
        return show_length(seconds)
    hours, rest = divmod(seconds, 3_600)
    return f"{hours} h {show_length(rest)}" if rest else f"{hours} h"


def in_business_time(terms: StageTerms) -> str:
    """What comes after a length that the stage's clock counts."""
    return OF_BUSINESS_TIME if isinstance(terms.clock, BusinessHours) else ""


def show_late(seconds: int, since: Instant, terms: StageTerms) -> str:
    """`2 d 14 h`, or `2 d 14 h (30 min of business time)`: plain time, and what of it the clock counts."""
    if not isinstance(terms.clock, BusinessHours):
        return show_length(seconds)
    counted = show_counted(terms.clock.seconds(since, since + seconds), terms)
    return f"{show_length(seconds)} ({counted})"


def steps_in_words(steps: Sequence[Step], terms: StageTerms, began: str, formats: Formats) -> tuple[str, ...]:
    """Every step, from when the device was last heard (`began` says so) to the limit."""
    half = MOST_STEPS // 2 if len(steps) > MOST_STEPS else len(steps)
    told = [_step(step, terms, formats) for step in (*steps[:half], *steps[half:][-half:])]
    if between := steps[half:-half]:
        passed = show_hours(sum(step.counted_seconds for step in between), terms)
        days = count_of(sum(step.what == RUNS for step in between), "stretch", "stretches")
        told.insert(half, f"then runs for {passed} in {days}, until {formats.moment(between[-1].end)}")
    limit = formats.moment(steps[-1].end)
    passed = show_hours(sum(step.counted_seconds for step in steps), terms)
    return (
        f"{formats.moment(steps[0].start)}: {began}",
        *told,
        f"{limit}: the limit, after {passed}",
    )


def way_in_a_line(steps: Sequence[Step], terms: StageTerms, formats: Formats) -> str:
    """`30 min until Fri 6 March, 18:00, 3 h 30 min from Mon 9 March, 08:00`: where the time passed."""
    runs = [step for step in steps if step.what == RUNS]
    if len(runs) == 1:
        return f"{show_hours(runs[0].counted_seconds, terms)} from {formats.moment(runs[0].start)}"
    first = f"{show_hours(runs[0].counted_seconds, terms)} until {formats.moment(runs[0].end)}"
    last = f"{show_hours(runs[-1].counted_seconds, terms)} from {formats.moment(runs[-1].start)}"
    between = sum(step.counted_seconds for step in runs[1:-1])
    return ", ".join([first, *([f"{show_hours(between, terms)} in between"] if between else []), last])


def _step(step: Step, terms: StageTerms, formats: Formats) -> str:
    stretch = f"{formats.moment(step.start)} to {_until(step, formats)}"
    if step.what == RUNS:
        return f"{stretch}: runs for {show_hours(step.counted_seconds, terms)}"
    if step.what == PAUSED:
        counted = show_counted(terms.clock.seconds(step.start, step.end), terms)
        return f"{stretch}: paused while we wait for the client; this moves the limit by {counted}"
    return f"{stretch}: stands still, {'; '.join(_why_closed(step, terms, formats))}"


def _until(step: Step, formats: Formats) -> str:
    same_day = local_date(step.start, formats.zone) == local_date(step.end, formats.zone)
    return formats.time_of_day(step.end) if same_day else formats.moment(step.end)


def _why_closed(step: Step, terms: StageTerms, formats: Formats) -> Iterator[str]:
    assert step.what == CLOSED
    yield "outside of business hours"
    hours = terms.clock
    if not isinstance(hours, BusinessHours):
        return
    first, last = local_date(step.start, formats.zone), local_date(step.end - 1, formats.zone)
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    off = [formats.day_and_month(day) for day in days if day in hours.holidays and hours.week[day.weekday()]]
    if off:
        yield f"{', '.join(off)} {'is a holiday' if len(off) == 1 else 'are holidays'}"


def _show_span(span: Interval) -> str:
    return "-".join(f"{second // 3600:02}:{second % 3600 // 60:02}" for second in span)
