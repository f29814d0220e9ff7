"""How a deadline came about, in words that a client can follow."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from support.slow_clock import local

from makegood.mail.deadline_words import (
    show_late,
    show_week,
    show_within,
    steps_in_words,
    way_in_a_line,
)
from makegood.mail.formats import Formats
from makegood.mail.statement_words import show_unit
from makegood.rules.allowance_facts import Pause
from makegood.rules.contracts import parse_outages
from makegood.rules.deadlines import Step, explain
from makegood.rules.facts import IncidentFacts
from makegood.rules.stages import judge_incident
from makegood.rules.terms import StageTerms

FORMATS = Formats("en_US", ZoneInfo("America/New_York"), "USD")
ZONE = FORMATS.zone
HOUR = 3_600


def ny(text: str, fold: int = 0) -> int:
    return local(text, ZONE.key, fold)


def plan(within: str, **more: Any) -> StageTerms:
    terms = parse_outages(
        {"plan": {"within": within}, "hours": {"mon-fri": "08:00-18:00"}, **more}, zone=ZONE
    )
    return terms.promised()["plan"]


def steps(terms: StageTerms, started: str, *pauses: Pause) -> tuple[Step, ...]:
    stages = replace(parse_outages({}), plan=terms)
    incident = IncidentFacts(incident="x", device="modem", started_at=ny(started), pauses=pauses)
    as_of = ny("2026-06-30 12:00")
    (verdict,) = judge_incident(stages, incident, None, as_of)
    return explain(verdict, terms, incident, as_of)


def test_a_short_way_is_told_whole() -> None:
    terms = plan("4h")
    way = steps(terms, "2026-03-06 17:30")
    assert steps_in_words(way, terms, "last heard from", FORMATS) == (
        "Fri, Mar 6, 5:30 PM: last heard from",
        "Fri, Mar 6, 5:30 PM to 6:00 PM: runs for 30 min",
        "Fri, Mar 6, 6:00 PM to Mon, Mar 9, 8:00 AM: stands still, outside of business hours",
        "Mon, Mar 9, 8:00 AM to 11:30 AM: runs for 3 h 30 min",
        "Mon, Mar 9, 11:30 AM: the limit, after 4 h",
    )
    assert (
        way_in_a_line(way, terms, FORMATS)
        == "30 min until Fri, Mar 6, 6:00 PM, 3 h 30 min from Mon, Mar 9, 8:00 AM"
    )


def test_of_a_long_way_the_middle_is_told_in_one_line() -> None:
    terms = plan("100h")
    way = steps(terms, "2026-03-06 17:30")
    assert steps_in_words(way, terms, "last heard from", FORMATS) == (
        "Fri, Mar 6, 5:30 PM: last heard from",
        "Fri, Mar 6, 5:30 PM to 6:00 PM: runs for 30 min",
        "Fri, Mar 6, 6:00 PM to Mon, Mar 9, 8:00 AM: stands still, outside of business hours",
        "Mon, Mar 9, 8:00 AM to 6:00 PM: runs for 10 h",
        "Mon, Mar 9, 6:00 PM to Tue, Mar 10, 8:00 AM: stands still, outside of business hours",
        "then runs for 70 h in 7 stretches, until Wed, Mar 18, 6:00 PM",
        "Wed, Mar 18, 6:00 PM to Thu, Mar 19, 8:00 AM: stands still, outside of business hours",
        "Thu, Mar 19, 8:00 AM to 6:00 PM: runs for 10 h",
        "Thu, Mar 19, 6:00 PM to Fri, Mar 20, 8:00 AM: stands still, outside of business hours",
        "Fri, Mar 20, 8:00 AM to 5:30 PM: runs for 9 h 30 min",
        "Fri, Mar 20, 5:30 PM: the limit, after 100 h",
    )
    in_a_line = "30 min until Fri, Mar 6, 6:00 PM, 90 h in between, 9 h 30 min from Fri, Mar 20, 8:00 AM"
    assert way_in_a_line(way, terms, FORMATS) == in_a_line


def test_several_holidays_in_a_row_are_named() -> None:
    days = {"calendar": "ours", "dates": ["2026-03-09", "2026-03-10", "2026-03-14"]}
    terms = plan("1h", holidays=days)
    told = steps_in_words(steps(terms, "2026-03-06 17:30"), terms, "it reported a failure", FORMATS)
    assert told[2] == (
        "Fri, Mar 6, 6:00 PM to Wed, Mar 11, 8:00 AM: stands still, outside of business hours; "
        "March 9, March 10 are holidays"
    )


def test_a_time_that_clocks_show_twice_is_told_apart() -> None:
    assert FORMATS.moment(ny("2026-11-01 01:30")) == "Sun, Nov 1, 1:30 AM (UTC-0400)"
    assert FORMATS.moment(ny("2026-11-01 01:30", fold=1)) == "Sun, Nov 1, 1:30 AM (UTC-0500)"
    assert FORMATS.moment(ny("2026-11-02 08:00:07")) == "Mon, Nov 2, 8:00:07 AM"


def test_how_late_is_told_in_plain_time_and_in_business_time() -> None:
    close = ny("2026-03-06 18:00")
    assert show_late(62 * HOUR, close, plan("1h")) == "2 d 14 h (1 h of business time)"
    assert show_late(16 * HOUR, close, plan("1h")) == "16 h (0 s of business time)"
    assert show_late(16 * HOUR, close, plan("1h", hours=None)) == "16 h"


def test_business_time_is_never_told_in_days() -> None:
    assert show_within(plan("2d")) == "48 h of business time"
    assert show_within(plan("90061s")) == "25 h 1 min 1 s of business time"
    assert show_within(plan("23h")) == "23 h of business time"
    assert show_within(plan("2d", hours=None)) == "2 d"
    for every, unit in (
        ("1h", "hour of business time"),
        ("1d", "24 h of business time"),
        ("7m", "7 min of business time"),
    ):
        late = plan("1h", plan={"within": "1h", "then": {"every": every}})
        assert late.late is not None
        assert show_unit(late, late.late) == unit


def test_a_week_in_a_line() -> None:
    hours = {"mon-fri": ["08:00-12:00", "13:00-17:30"], "sun": "22:00-24:00"}
    terms = parse_outages({"plan": {"within": "1h"}, "hours": hours}, zone=ZONE)
    assert terms.hours is not None
    assert show_week(terms.hours) == "Mon to Fri 08:00-12:00 and 13:00-17:30, Sun 22:00-24:00"
