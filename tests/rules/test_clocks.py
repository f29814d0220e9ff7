"""Business time: counted in one go, it equals what a person counts second by second at the wall clock."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.slow_clock import a_week, local, slow_after, slow_before, slow_seconds

from makegood.rules.clocks import ROUND_THE_CLOCK, BusinessHours
from makegood.rules.instants import parse_instant
from makegood.rules.intervals import Interval

NEW_YORK = "America/New_York"
BERLIN = "Europe/Berlin"
OFFICE = a_week(NEW_YORK, "08:00-18:00", off=["2026-05-25"])
NIGHTS = a_week(NEW_YORK, "22:00-06:00", off=["2026-05-25"])
HOUR = 3_600


def ny(text: str, fold: int = 0) -> int:
    return local(text, NEW_YORK, fold)


@pytest.mark.parametrize(
    ("start", "seconds", "end"),
    [
        ("2026-03-02 09:00", 4 * HOUR, "2026-03-02 13:00"),  # within a Monday
        ("2026-03-06 17:30", 4 * HOUR, "2026-03-09 11:30"),  # Friday to Monday, over the change of the clocks
        ("2026-03-06 14:00", 4 * HOUR, "2026-03-06 18:00"),  # up to the close, not to the next opening
        ("2026-03-06 14:00", 4 * HOUR + 1, "2026-03-09 08:00:01"),
        ("2026-03-07 03:00", 4 * HOUR, "2026-03-09 12:00"),  # begun on a Saturday
        ("2026-05-22 17:00", 2 * HOUR, "2026-05-26 09:00"),  # over Memorial Day
        ("2026-05-22 17:00", 0, "2026-05-22 17:00"),
        (
            "2026-12-31 17:00",
            12 * HOUR,
            "2027-01-04 09:00",
        ),  # over the end of a year: Friday is no holiday here
    ],
)
def test_business_time_passes_only_in_business_hours(start: str, seconds: int, end: str) -> None:
    assert OFFICE.after(ny(start), seconds) == ny(end)


def test_an_hour_that_clocks_show_twice_counts_twice_and_one_they_skip_not_at_all() -> None:
    at_night = a_week(NEW_YORK, "00:00-04:00", days=[6])
    spring, autumn = ny("2026-03-08 00:00"), ny("2026-11-01 00:00")
    assert at_night.seconds(spring, spring + 86_400) == 3 * HOUR
    assert at_night.seconds(autumn, autumn + 86_400) == 5 * HOUR
    assert at_night.after(spring, 2 * HOUR) == ny("2026-03-08 03:00")  # 01:59:59 is followed by 03:00
    assert at_night.after(autumn, 2 * HOUR) == ny("2026-11-01 01:00", fold=1)


def test_what_closes_in_the_repeated_hour_opens_again_when_it_repeats() -> None:
    half = a_week(NEW_YORK, "00:30-01:30", days=[6])
    day = ny("2026-11-01 00:00")
    assert list(half.runs(day, day + 86_400)) == [
        Interval(ny("2026-11-01 00:30"), ny("2026-11-01 01:30")),
        Interval(ny("2026-11-01 01:00", fold=1), ny("2026-11-01 01:30", fold=1)),
    ]


def test_what_opens_in_the_skipped_hour_opens_after_it() -> None:
    early = a_week(NEW_YORK, "02:30-05:00", days=[6])
    day = ny("2026-03-08 00:00")
    assert list(early.runs(day, day + 86_400)) == [Interval(ny("2026-03-08 03:00"), ny("2026-03-08 05:00"))]


def test_hours_over_midnight_belong_to_both_days_each_by_its_own_date() -> None:
    # Friday 22 May into Saturday; Monday 25 May is off, and so is not Tuesday's early morning.
    assert list(NIGHTS.runs(ny("2026-05-22 12:00"), ny("2026-05-26 12:00"))) == [
        Interval(ny("2026-05-22 22:00"), ny("2026-05-23 06:00")),
        Interval(ny("2026-05-26 00:00"), ny("2026-05-26 06:00")),
    ]


def test_back_from_a_deadline_is_the_first_instant_with_no_more_than_that_left() -> None:
    monday = ny("2026-03-09 10:00")
    assert OFFICE.before(monday, HOUR) == ny("2026-03-09 09:00")
    assert OFFICE.before(monday, 2 * HOUR) == ny(
        "2026-03-06 18:00"
    )  # at the close before, not at the opening
    assert OFFICE.before(monday, 2 * HOUR + 1) == ny("2026-03-06 17:59:59")


def test_back_over_a_new_year() -> None:
    assert OFFICE.before(ny("2027-01-01 08:00:05"), 6) == ny("2026-12-31 17:59:59")
    utc = a_week("UTC", "00:00-24:00", days=[4])  # 1 January 2027 is a Friday, and opens with the year
    assert utc.before(parse_instant("2027-01-01T00:00:10Z"), 10) == parse_instant("2026-12-26T00:00:00Z")


def test_round_the_clock_every_second_counts() -> None:
    assert ROUND_THE_CLOCK.after(100, 50) == 150
    assert ROUND_THE_CLOCK.before(150, 50) == 100
    assert (ROUND_THE_CLOCK.seconds(100, 150), ROUND_THE_CLOCK.seconds(150, 100)) == (50, 0)
    assert list(ROUND_THE_CLOCK.runs(100, 150)) == [Interval(100, 150)]
    assert list(ROUND_THE_CLOCK.runs(100, 100)) == []


ZONES_AND_MOMENTS = (
    (NEW_YORK, "2026-03-08"),
    (NEW_YORK, "2026-11-01"),
    (BERLIN, "2026-03-29"),
    (BERLIN, "2026-10-25"),
    ("Australia/Lord_Howe", "2026-04-05"),  # the clocks change by half an hour
    ("America/Havana", "2026-03-08"),  # midnight is skipped
    ("America/St_Johns", "2006-10-29"),  # a minute past midnight back into the day before
    ("Pacific/Apia", "2011-12-30"),  # a date that never was
    ("Asia/Kathmandu", "2026-12-31"),
    ("UTC", "2027-01-01"),
)


@st.composite
def hours_and_moments(draw: st.DrawFn) -> tuple[BusinessHours, int]:
    """Business hours of short days, and an instant near a change of the clocks."""
    zone, day = draw(st.sampled_from(ZONES_AND_MOMENTS))
    spans = draw(
        st.lists(
            st.sampled_from(["00:00-00:20", "01:50-02:40", "23:45-00:15", "08:00-08:30", "23:40-24:00"]),
            min_size=1,
            max_size=3,
            unique=True,
        )
    )
    days = draw(st.sets(st.integers(0, 6), min_size=5))
    off = [day] if draw(st.booleans()) else []
    near = parse_instant(f"{day}T00:00:00Z") + draw(st.integers(-100_000, 100_000))
    return a_week(zone, *spans, days=sorted(days), off=off), near


@settings(max_examples=60, deadline=None)
@given(hours_and_moments(), st.integers(0, 3_000))
def test_counting_in_one_go_equals_counting_every_second(
    case: tuple[BusinessHours, int], length: int
) -> None:
    hours, start = case
    end = hours.after(start, length)
    assert end == slow_after(hours, start, length)
    assert hours.seconds(start, end) == length == slow_seconds(hours, start, end)
    assert hours.before(end, length // 2) == slow_before(hours, end, length // 2)
    assert sum(run.seconds() for run in hours.runs(start, end)) == length


@settings(max_examples=25, deadline=None)
@example(
    (a_week("America/St_Johns", "23:40-24:00", off=["2006-10-29"]), parse_instant("2006-10-29T02:00:00Z")), 9
)
@given(hours_and_moments(), st.integers(0, 100_000))
def test_any_stretch_holds_what_the_wall_clock_shows(case: tuple[BusinessHours, int], length: int) -> None:
    hours, start = case
    assert hours.seconds(start, start + length) == slow_seconds(hours, start, start + length)


def test_years_of_business_hours_are_counted_in_no_time() -> None:
    start = ny("2026-03-02 09:00")
    began = time.perf_counter()
    for n in range(2_000):
        assert OFFICE.after(start + n, 1_000_000) > start
    assert time.perf_counter() - began < 2
