"""Made-up business hours and holidays: offices, shops, nights, all day; days off in the months played."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any, Final

from makegood.rules.instants import Period

Json = dict[str, Any]

WEEKS: Final[tuple[Json, ...]] = (
    {"mon-fri": "08:00-18:00"},
    {"mon-fri": "08:00-18:00", "sat": "09:00-12:00"},
    {"mon-fri": ["08:00-12:00", "13:00-17:30"]},
    {"sun-thu": "07:00-19:00", "fri": "07:00-12:00"},
    {"mon-sun": "00:00-24:00"},  # all time, but for days off
    {"mon-sun": "06:00-23:00"},
    {"fri-sun": "20:00-04:00", "mon-thu": "09:00-24:00"},
    {"mon-sun": ["00:30-01:30", "02:30-03:30", "23:00-24:00"]},  # where clocks change
)


def some_hours(chance: random.Random, first: Period) -> Json:
    """What a contract says of its hours; most often nothing."""
    if chance.random() < 0.65:
        return {}
    terms: Json = {"hours": chance.choice(WEEKS)}
    if chance.random() < 0.6:
        opening = date.fromisoformat(f"{first}-01")
        off = {opening + timedelta(days=chance.randrange(0, 62)) for _ in range(chance.choice([0, 1, 4]))}
        terms["holidays"] = {"calendar": "ours", "dates": sorted(day.isoformat() for day in off)}
    return terms
