"""Business hours in a contract: what is understood, and what is refused with its place."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from makegood.rules.clocks import ROUND_THE_CLOCK
from makegood.rules.contracts import ContractError, parse_outages
from makegood.rules.intervals import Interval

NEW_YORK = ZoneInfo("America/New_York")
HOUR = 3_600
SOME_HOURS = 'hours such as "08:00-18:00", or a list of them'


def week(**hours: Any) -> list[list[tuple[int, int]]]:
    """The spans of each day, in hours of the day; a name such as mon_fri is written mon-fri."""
    written = {name.replace("_", "-"): value for name, value in hours.items()}
    clock = parse_outages({"plan": {"within": "1h"}, "hours": written}, zone=NEW_YORK).hours
    assert clock is not None
    return [[(span.start // HOUR, span.end // HOUR) for span in day] for day in clock.week]


def problems(outages: dict[str, Any], zone: ZoneInfo | None = NEW_YORK) -> list[str]:
    with pytest.raises(ContractError) as refused:
        parse_outages({"plan": {"within": "1h"}, **outages}, zone=zone)
    return [str(problem) for problem in refused.value.problems]


def test_days_are_named_one_by_one_or_from_the_first_to_the_last() -> None:
    office, short = [(8, 18)], [(9, 12)]
    assert week(mon_fri="08:00-18:00", sat="09:00-12:00") == [office] * 5 + [short, []]
    assert week(sun_thu="08:00-18:00") == [office] * 4 + [[], [], office]
    assert week(mon_sun="00:00-24:00") == [[(0, 24)]] * 7


def test_a_day_may_have_several_spans_which_are_joined_where_they_meet() -> None:
    assert week(mon=["13:00-18:00", "08:00-12:00"])[0] == [(8, 12), (13, 18)]
    assert week(mon=["08:00-13:00", "12:00-18:00"])[0] == [(8, 18)]


def test_what_goes_past_midnight_goes_on_into_the_next_day() -> None:
    assert week(fri="22:00-06:00") == [[], [], [], [], [(22, 24)], [(0, 6)], []]
    assert week(sun="22:00-06:00", mon="05:00-08:00") == [[(0, 8)], [], [], [], [], [], [(22, 24)]]
    assert week(mon="22:00-00:00")[:2] == [[(22, 24)], []]


def test_plan_and_repair_are_counted_in_business_hours_and_the_notice_never_is() -> None:
    stage = {"within": "1h"}
    written = {"notify": stage, "plan": stage, "repair": stage, "hours": {"mon": "08:00-18:00"}}
    terms = parse_outages(written, zone=NEW_YORK)
    assert terms.notify is not None
    assert terms.plan is not None
    assert terms.repair is not None
    assert terms.notify.clock == ROUND_THE_CLOCK
    assert terms.plan.clock == terms.repair.clock == terms.hours
    assert parse_outages({**written, "hours": None}).hours is None


def test_holidays_are_explicit_dates() -> None:
    holidays = {"calendar": "US-NY", "dates": ["2026-07-03", "2026-01-01"]}
    terms = parse_outages(
        {"plan": {"within": "1h"}, "hours": {"mon-fri": "08:00-18:00"}, "holidays": holidays}, zone=NEW_YORK
    )
    assert terms.hours is not None
    assert sorted(map(str, terms.hours.holidays)) == ["2026-01-01", "2026-07-03"]
    assert terms.hours.calendar == "US-NY"
    assert terms.hours.week[0] == (Interval(8 * HOUR, 18 * HOUR),)


@pytest.mark.parametrize(
    ("hours", "problem"),
    [
        ({}, ': must be days and their hours such as {mon-fri: "08:00-18:00"}, got {}'),
        (
            "08:00-18:00",
            ": must be days and their hours such as {mon-fri: \"08:00-18:00\"}, got '08:00-18:00'",
        ),
        ({"mon": "8-18"}, f".mon: must be {SOME_HOURS}, got '8-18'"),
        ({"mon": "08:00-24:01"}, f".mon: must be {SOME_HOURS}, got '08:00-24:01'"),
        ({"mon": "24:00-06:00"}, f".mon: must be {SOME_HOURS}, got '24:00-06:00'"),
        ({"mon": []}, f".mon: must be {SOME_HOURS}, got []"),
        ({"mon": 510}, f".mon: must be {SOME_HOURS}, got 510"),
        (
            {"mon": "08:00-08:00"},
            ".mon: must be hours that end at another time; all day is \"00:00-24:00\", got '08:00-08:00'",
        ),
        (
            {"monday": "08:00-18:00"},
            ".monday: is no day of the week; write mon, or mon-fri, of mon, tue, wed, thu, fri, sat, sun",
        ),
        (
            {"mon-": "08:00-18:00"},
            ".mon-: is no day of the week; write mon, or mon-fri, of mon, tue, wed, thu, fri, sat, sun",
        ),
        (
            {"mon-fri": "08:00-18:00", "fri": "08:00-12:00"},
            ".fri: must name each day once, fri is there already",
        ),
    ],
)
def test_hours_that_cannot_be_meant_are_refused(hours: object, problem: str) -> None:
    assert problems({"hours": hours}) == [f"outages.hours{problem}"]


def test_every_mistake_in_hours_and_holidays_is_named() -> None:
    holidays = {"dates": ["2026-12-25", "2026-02-30", 7]}
    assert problems({"hours": {"mon": "8", "tue": "9"}, "holidays": holidays}) == [
        "outages.holidays.calendar: must be a text that is not empty, got nothing",
        "outages.holidays.dates[1]: must be a date such as 2026-12-25, got '2026-02-30'",
        "outages.holidays.dates[2]: must be a date such as 2026-12-25, got 7",
        f"outages.hours.mon: must be {SOME_HOURS}, got '8'",
        f"outages.hours.tue: must be {SOME_HOURS}, got '9'",
    ]


def test_the_rules_know_holidays_only_by_their_dates() -> None:
    assert problems({"hours": {"mon": "08:00-18:00"}, "holidays": "US-NY"}) == [
        "outages.holidays: must be an object with calendar, dates, got 'US-NY'"
    ]


def test_holidays_without_hours_are_refused_with_the_cure() -> None:
    assert problems({"holidays": {"calendar": "US", "dates": []}}) == [
        'outages.holidays: needs hours beside it, such as hours: {mon-sun: "00:00-24:00"}'
    ]


def test_hours_without_a_time_zone_are_refused_rather_than_guessed() -> None:
    assert problems({"hours": {"mon": "08:00-18:00"}}, zone=None) == [
        "outages.hours: can only be counted in a time zone"
    ]


def test_a_length_is_refused_that_ten_years_of_the_week_do_not_hold() -> None:
    # One hour a week: of 3650 days, 3650/7 hours, which are 1,877,142 seconds.
    hours = {"mon": "08:00-09:00"}
    assert parse_outages({"plan": {"within": "1877142s"}, "hours": hours}, zone=NEW_YORK).hours
    allowed = "at most 1877142s: 3600s a week are business hours, and ten years must suffice"
    late = {"within": "1h", "then": {"every": "600h"}}
    assert problems({"plan": {"within": "1877143s"}, "repair": late, "hours": hours}) == [
        f"outages.plan.within: must be {allowed}, got 1877143s",
        f"outages.repair.then.every: must be {allowed}, got 2160000s",
    ]


def test_a_thousand_holidays_are_enough() -> None:
    dates = [f"{year}-01-{day:02}" for year in range(2026, 2066) for day in range(1, 27)]
    holidays = {"calendar": "ours", "dates": dates}
    assert problems({"hours": {"mon": "08:00-18:00"}, "holidays": holidays}) == [
        "outages.holidays.dates: must be at most 1000 dates, got 1040"
    ]
