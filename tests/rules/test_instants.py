"""Instants, local days and months, where clocks are changed and dates left out."""

from __future__ import annotations

from datetime import date, datetime, time
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makegood.rules.instants import (
    days_between,
    first_instant,
    format_instant,
    instant_of,
    local_date,
    local_days,
    next_period,
    parse_date,
    parse_instant,
    parse_period,
    period_bounds,
    period_of,
    previous_period,
)

HOUR = 3_600
BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
ASUNCION = ZoneInfo("America/Asuncion")
APIA = ZoneInfo("Pacific/Apia")
TORONTO = ZoneInfo("America/Toronto")
ST_JOHNS = ZoneInfo("America/St_Johns")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")


def clock(day: date, hour: int, minute: int) -> datetime:
    return datetime.combine(day, time(hour, minute))


def test_an_instant_is_counted_from_1970() -> None:
    assert parse_instant("1970-01-01T00:00:00Z") == 0
    assert parse_instant("2026-03-01T00:00:00Z") == 1_772_323_200
    assert format_instant(1_772_323_200) == "2026-03-01T00:00:00Z"


@given(st.integers(0, parse_instant("9900-12-31T23:59:59Z")))
def test_an_instant_is_read_as_it_is_written(instant: int) -> None:
    assert parse_instant(format_instant(instant)) == instant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-03-01",
        "2026-03-01T00:00:00",
        "2026-03-01T00:00:00z",
        "2026-03-01 00:00:00Z",
        "2026-03-01T00:00:00+00:00",
        "2026-03-01T00:00:00.5Z",
        "2026-03-01T24:00:00Z",
        "2026-03-01T23:59:60Z",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "9901-01-01T00:00:00Z",
        "2026-03-01T00:00:00Z\n",
        "２０２６-03-01T00:00:00Z",
    ],
)
def test_anything_else_is_no_instant(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_instant(text)


@pytest.mark.parametrize(
    "text", ["2026-3", "2026-00", "2026-13", "0000-01", "2026-03-01", "1970-01", "9900-12"]
)
def test_anything_else_is_no_period(text: str) -> None:
    with pytest.raises(ValueError, match="2026-03"):
        parse_period(text)


@pytest.mark.parametrize("text", ["2026-02-29", "20260301", "2026-3-1", "0001-01-01", "9999-12-31"])
def test_anything_else_is_no_date(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_date(text)


@pytest.mark.parametrize(
    ("period", "zone", "hours"),
    [
        ("2026-03", BERLIN, 743),
        ("2026-10", BERLIN, 745),
        ("2026-04", BERLIN, 720),
        ("2026-03", NEW_YORK, 743),
        ("2026-11", NEW_YORK, 721),
    ],
)
def test_a_month_is_as_long_as_its_clocks_make_it(period: str, zone: ZoneInfo, hours: int) -> None:
    start, end = period_bounds(period, zone)
    assert end - start == hours * HOUR


def test_a_month_of_half_hours() -> None:
    start, end = period_bounds("2026-10", LORD_HOWE)
    assert end - start == 744 * HOUR - HOUR // 2


def test_a_day_whose_midnight_is_skipped_begins_at_the_first_instant_that_exists() -> None:
    assert format_instant(first_instant(date(2023, 10, 1), ASUNCION)) == "2023-10-01T04:00:00Z"
    assert period_bounds("2023-10", ASUNCION)[0] == parse_instant("2023-10-01T04:00:00Z")


def test_a_gap_around_midnight_ends_before_the_hour() -> None:
    # In 1919 Toronto's clocks went from 23:30 on the 30th of March to 0:30 on the 31st.
    assert first_instant(date(1919, 3, 31), TORONTO) - first_instant(date(1919, 3, 30), TORONTO) == 84_600


def test_a_midnight_that_comes_twice_begins_the_day_the_first_time() -> None:
    # Until 2011 St. John's put its clocks back at 0:01 to 23:01 of the day before.
    assert format_instant(first_instant(date(2009, 11, 1), ST_JOHNS)) == "2009-11-01T02:30:00Z"


def test_a_date_that_the_zone_skips_is_not_a_day() -> None:
    days = local_days("2011-12", APIA)
    assert len(days) == 30
    assert [day.date.day for day in days[-2:]] == [29, 31]
    assert days[-2].ends_at == days[-1].starts_at == parse_instant("2011-12-30T10:00:00Z")
    assert first_instant(date(2011, 12, 30), APIA) == first_instant(date(2011, 12, 31), APIA)


def test_a_time_that_is_skipped_is_the_first_one_after_it() -> None:
    assert format_instant(instant_of(clock(date(2026, 3, 29), 2, 30), BERLIN)) == "2026-03-29T01:00:00Z"
    assert format_instant(instant_of(clock(date(2026, 3, 29), 3, 30), BERLIN)) == "2026-03-29T01:30:00Z"


def test_a_time_that_comes_twice_is_the_first_one() -> None:
    assert format_instant(instant_of(clock(date(2026, 10, 25), 2, 30), BERLIN)) == "2026-10-25T00:30:00Z"


@given(
    st.sampled_from(["Europe/Berlin", "America/Asuncion", "Pacific/Apia", "Asia/Kolkata"]),
    st.integers(0, 600),
)
def test_the_days_of_a_month_fill_it_without_a_gap(key: str, months: int) -> None:
    zone = ZoneInfo(key)
    period = f"{1975 + months // 12}-{months % 12 + 1:02}"
    days = local_days(period, zone)
    assert (days[0].starts_at, days[-1].ends_at) == period_bounds(period, zone)
    assert all(before.ends_at == after.starts_at for before, after in pairwise(days))
    assert all(local_date(day.starts_at, zone) == day.date for day in days)
    assert all(
        period_of(instant, zone) == period for day in days for instant in (day.starts_at, day.ends_at - 1)
    )


def test_periods_follow_one_another() -> None:
    assert (next_period("2026-01"), next_period("2026-12")) == ("2026-02", "2027-01")
    assert (previous_period("2026-03"), previous_period("2026-01")) == ("2026-02", "2025-12")


def test_days_between_two_dates_leave_out_the_last() -> None:
    days = days_between(date(2026, 3, 29), date(2026, 3, 31), BERLIN)
    assert [(day.date.day, day.ends_at - day.starts_at) for day in days] == [(29, 23 * HOUR), (30, 24 * HOUR)]
