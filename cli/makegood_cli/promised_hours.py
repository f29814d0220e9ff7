"""Says in plain words which hours are business hours, and which days are holidays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import groupby

from makegood.mail.deadline_words import show_week
from makegood.rules.clocks import BusinessHours


def hours_in_words(hours: BusinessHours) -> Iterator[str]:
    """One line of hours, then a line of holidays for each year."""
    yield f"Plan and repair are counted in business hours only: {show_week(hours)} ({hours.timezone})."
    if not hours.holidays:
        yield "No day is a holiday."
        return
    days = sorted(hours.holidays)
    yield f"These {len(days)} holidays ({hours.calendar}) do not count; later ones are not known:"
    for year, dates in groupby(days, key=lambda day: day.year):
        yield f"  {year}: {', '.join(map(_show_date, dates))}"


def _show_date(day: date) -> str:
    return f"{day.day} {day:%b}"
