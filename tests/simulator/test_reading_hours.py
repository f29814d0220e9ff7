"""The reading's own business time: what the clock on the wall shows, minute by minute."""

from __future__ import annotations

from typing import Any

import pytest
from support.slow_clock import local

from makegood_simulator.reading_hours import after, before, hours_of, opens, passed

ZONE = "America/New_York"
OFFICE: dict[str, Any] = {
    "hours": {"mon-fri": "08:00-18:00"},
    "holidays": {"calendar": "x", "dates": ["2026-03-17"]},
}
NIGHTS: dict[str, Any] = {"hours": {"sat-sun": "22:00-06:00", "wed": ["08:00-12:00", "13:00-24:00"]}}
HOUR = 3_600


def ny(text: str) -> int:
    return local(text, ZONE)


def test_only_plan_and_repair_have_hours_and_only_where_the_contract_does() -> None:
    assert hours_of(OFFICE, "notify", ZONE) is None
    assert hours_of({}, "plan", ZONE) is None
    assert hours_of(OFFICE, "plan", ZONE) is not None
    assert (after(None, 100, 50), before(None, 150, 50), passed(None, 100, 150), opens(None, 7)) == (
        150,
        100,
        50,
        7,
    )


@pytest.mark.parametrize(
    ("start", "seconds", "end"),
    [
        ("2026-03-06 17:30", 4 * HOUR, "2026-03-09 11:30"),
        ("2026-03-06 14:00", 4 * HOUR, "2026-03-06 18:00"),
        ("2026-03-16 17:59:30", 31, "2026-03-18 08:00:01"),
        ("2026-03-07 12:00", 0, "2026-03-07 12:00"),
    ],
)
def test_time_passes_in_hours(start: str, seconds: int, end: str) -> None:
    hours = hours_of(OFFICE, "repair", ZONE)
    assert after(hours, ny(start), seconds) == ny(end)
    assert passed(hours, ny(start), ny(end)) == seconds


def test_back_to_the_close_where_the_rest_begins_with_the_opening() -> None:
    hours = hours_of(OFFICE, "repair", ZONE)
    assert before(hours, ny("2026-03-09 10:00"), 2 * HOUR) == ny("2026-03-06 18:00")
    assert before(hours, ny("2026-03-09 10:00"), 2 * HOUR + 1) == ny("2026-03-06 17:59:59")


def test_what_opens_next() -> None:
    hours = hours_of(OFFICE, "repair", ZONE)
    assert opens(hours, ny("2026-03-06 18:00")) == ny("2026-03-09 08:00")
    assert opens(hours, ny("2026-03-09 09:00:07")) == ny("2026-03-09 09:00:07")


def test_nights_and_several_spans() -> None:
    hours = hours_of(NIGHTS, "plan", ZONE)
    # From Saturday 22:00 through Sunday (an hour short) and Monday to Tuesday: 2 + 5 + 2 + 6 hours.
    assert passed(hours, ny("2026-03-07 12:00"), ny("2026-03-10 12:00")) == 15 * HOUR
    assert passed(hours, ny("2026-03-11 00:00"), ny("2026-03-12 00:00")) == 15 * HOUR
