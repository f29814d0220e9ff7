"""Deadlines, pauses and late units in business hours, worked out by hand and against the second hand."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.months import a_contract, a_device, an_incident, the_statement
from support.slow_clock import is_open, local, slow_after, slow_seconds

from makegood.rules.allowance_facts import Pause
from makegood.rules.contracts import parse_outages
from makegood.rules.deadlines import CLOSED, PAUSED, RUNS, Step, explain, share_of
from makegood.rules.facts import IncidentFacts
from makegood.rules.instants import format_instant
from makegood.rules.stages import StageVerdict, judge_incident

ZONE = "America/New_York"
HOUR = 3_600
OFFICE: dict[str, Any] = {
    "notify": {"within": "15m"},
    "plan": {"within": "2h", "refund": "5%"},
    "repair": {"within": "4h", "refund": "10%", "then": {"every": "1h", "refund": "1.00"}},
    "hours": {"mon-fri": "08:00-18:00"},
    "holidays": {"calendar": "US", "dates": ["2026-05-25"]},
}
TERMS = parse_outages(OFFICE, zone=ZoneInfo(ZONE))
FRIDAY = "2026-03-06 17:30"
LATER = local("2026-06-30 12:00", ZONE)


def ny(text: str) -> int:
    return local(text, ZONE)


def judged(stage: str, started: str = FRIDAY, as_of: int = LATER, **changes: Any) -> StageVerdict:
    incident = IncidentFacts(incident="x", device="modem", started_at=ny(started), **changes)
    return next(v for v in judge_incident(TERMS, incident, None, as_of) if v.stage == stage)


def pauses(*spans: tuple[str, str | None]) -> tuple[Pause, ...]:
    return tuple(
        Pause(ny(start), None if end is None else ny(end), "awaiting_client") for start, end in spans
    )


def test_the_notice_is_due_round_the_clock() -> None:
    assert judged("notify", "2026-03-07 03:00").deadline == ny("2026-03-07 03:15")


@pytest.mark.parametrize(
    ("started", "due"),
    [
        ("2026-03-04 09:00", "2026-03-04 13:00"),
        ("2026-03-06 17:30", "2026-03-09 11:30"),  # the clocks change on Sunday
        ("2026-03-06 14:00", "2026-03-06 18:00"),  # due at the close
        ("2026-03-06 18:00", "2026-03-09 12:00"),
        ("2026-05-22 16:00", "2026-05-26 10:00"),  # Memorial Day
    ],
)
def test_a_repair_is_due_when_its_business_time_has_passed(started: str, due: str) -> None:
    verdict = judged("repair", started)
    assert (verdict.deadline, verdict.deadline_without_pauses) == (ny(due), ny(due))


@pytest.mark.parametrize(
    ("spans", "due"),
    [
        ((("2026-03-06 17:45", "2026-03-06 17:50"),), "2026-03-09 11:35"),
        ((("2026-03-06 17:45", "2026-03-09 09:00"),), "2026-03-09 12:45"),  # 15 min and an hour
        ((("2026-03-07 08:00", "2026-03-08 20:00"),), "2026-03-09 11:30"),  # all outside of business hours
        ((("2026-03-09 11:30", "2026-03-09 12:00"),), "2026-03-09 11:30"),  # begun too late
        ((("2026-03-09 09:00", "2026-03-09 17:00"),), "2026-03-10 09:30"),
        (
            (("2026-03-09 08:30", "2026-03-09 09:30"), ("2026-03-09 09:00", "2026-03-09 10:00")),
            "2026-03-09 13:00",
        ),
    ],
)
def test_a_pause_moves_the_deadline_by_its_business_time(spans: Any, due: str) -> None:
    assert judged("repair", pauses=pauses(*spans)).deadline == ny(due)


def test_an_open_pause_holds_the_deadline_back_in_business_time_only() -> None:
    waiting = pauses(("2026-03-06 17:45", None))
    assert judged("repair", as_of=ny("2026-03-07 12:00"), pauses=waiting).deadline == ny("2026-03-09 11:45")
    assert judged("repair", as_of=ny("2026-03-09 09:00"), pauses=waiting).deadline == ny("2026-03-09 12:45")


@pytest.mark.parametrize(("tick", "verdict"), [(-1, "kept"), (0, "kept"), (1, "broken")])
def test_a_plan_is_kept_until_its_deadline(tick: int, verdict: str) -> None:
    due = ny("2026-03-09 09:30")
    plan = judged("plan", planned_at=due + tick)
    assert (plan.deadline, plan.verdict, plan.late_seconds) == (due, verdict, max(0, tick))


def test_what_was_due_at_the_close_is_late_at_once() -> None:
    plan = judged("plan", "2026-03-06 16:00", planned_at=ny("2026-03-07 10:00"))
    assert (plan.deadline, plan.verdict, plan.late_seconds) == (ny("2026-03-06 18:00"), "broken", 16 * HOUR)


def test_the_share_of_a_time_is_over_in_business_time() -> None:
    verdict = judged("repair")
    terms = TERMS.promised()["repair"]
    assert share_of(verdict, terms, 5_000) == ny("2026-03-09 09:30")
    assert share_of(verdict, terms, 8_000) == ny("2026-03-09 10:42")
    assert share_of(verdict, terms, 1_250) == ny("2026-03-06 18:00")  # at the close, not at the opening
    notice = judged("notify")
    assert share_of(notice, TERMS.promised()["notify"], 8_000) == ny("2026-03-06 17:42")


def earned_late(due_at_noon: bool, repaired: str) -> int | None:
    """What lateness earns at 1.00 an hour; due Friday 24 April at 12:00, or else at the close."""
    started = ny("2026-04-24 08:00" if due_at_noon else "2026-04-24 14:00")
    done = format_instant(ny(repaired))
    incident = an_incident(
        format_instant(started), notified_at=None, planned_at=None, restored_at=done, documented_at=done
    )
    contract = a_contract(timezone=ZONE, outages={**OFFICE, "notify": None})
    rows = the_statement(contract=contract, incidents=[incident])["refunds"]
    return next((row["earned_cents"] for row in rows if row["line"].endswith("/repair/late")), None)


@pytest.mark.parametrize(
    ("due_at_noon", "repaired", "cents"),
    [
        (True, "2026-04-24 12:00", None),
        (True, "2026-04-24 12:00:01", 100),
        (True, "2026-04-24 18:00", 600),
        (True, "2026-04-25 10:00", 600),  # no hour of work begins on a Saturday
        (True, "2026-04-27 08:00", 600),
        (True, "2026-04-27 08:00:01", 700),
        (False, "2026-04-25 10:00", None),  # due at Friday's close: broken, but no late hour has begun
        (False, "2026-04-27 08:00", None),
        (False, "2026-04-27 08:00:01", 100),
    ],
)
def test_a_late_unit_begins_with_its_first_second_of_business_time(
    due_at_noon: bool, repaired: str, cents: int | None
) -> None:
    assert earned_late(due_at_noon, repaired) == cents


def test_a_late_unit_is_of_the_month_in_which_its_business_time_begins() -> None:
    # Due on Friday 29 May at 18:00; done on Monday 1 June at 09:30: both late hours are June's.
    done = format_instant(ny("2026-06-01 09:30"))
    incident = an_incident(
        format_instant(ny("2026-05-29 14:00")),
        notified_at=None,
        planned_at=None,
        restored_at=done,
        documented_at=done,
    )
    contract = a_contract(timezone=ZONE, outages={"repair": OFFICE["repair"], "hours": OFFICE["hours"]})

    def lines(period: str, as_of: str) -> dict[str, int]:
        statement = the_statement(contract=contract, incidents=[incident], period=period, as_of=as_of)
        return {row["line"].split("/", 1)[1]: row["earned_cents"] for row in statement["refunds"]}

    assert lines("2026-05", "2026-06-03T13:00:00Z") == {"repair": 10_000}
    assert lines("2026-06", "2026-07-03T13:00:00Z") == {"repair/late": 200}


def test_lateness_is_paid_when_its_first_business_second_begins() -> None:
    """Due at Friday's close, its late hour begins on Monday: what broke on Saturday is paid before it."""
    friday, saturday = format_instant(ny("2026-04-24 14:00")), format_instant(ny("2026-04-25 12:00"))
    monday = format_instant(ny("2026-04-27 08:30"))
    done = {"planned_at": None, "restored_at": monday, "documented_at": monday}
    incidents = [
        an_incident(friday, device="modem", notified_at=friday, **done),
        an_incident(saturday, device="srv", notified_at=monday, **done),
    ]
    outages = {**OFFICE, "notify": {"within": "15m", "refund": "1.00"}, "plan": None}
    contract = a_contract(timezone=ZONE, outages=outages)
    devices = [a_device("modem"), a_device("srv")]
    rows = the_statement(contract=contract, incidents=incidents, devices=devices)["refunds"]
    assert [row["line"] for row in rows] == [
        f"modem-{friday}/repair",
        f"srv-{saturday}/notify",
        f"modem-{friday}/repair/late",
    ]


def test_a_deadline_is_explained_step_by_step() -> None:
    incident = IncidentFacts(
        incident="x",
        device="modem",
        started_at=ny(FRIDAY),
        pauses=pauses(("2026-03-09 09:00", "2026-03-09 10:30")),
    )
    verdict = judge_incident(TERMS, incident, None, LATER)[2]
    assert explain(verdict, TERMS.promised()["repair"], incident, LATER) == (
        Step(RUNS, ny(FRIDAY), ny("2026-03-06 18:00"), 1_800),
        Step(CLOSED, ny("2026-03-06 18:00"), ny("2026-03-09 08:00"), 0),
        Step(RUNS, ny("2026-03-09 08:00"), ny("2026-03-09 09:00"), 3_600),
        Step(PAUSED, ny("2026-03-09 09:00"), ny("2026-03-09 10:30"), 0),
        Step(RUNS, ny("2026-03-09 10:30"), ny("2026-03-09 13:00"), 9_000),
    )


def test_the_notice_has_one_step() -> None:
    incident = IncidentFacts(incident="x", device="modem", started_at=ny(FRIDAY))
    verdict = judge_incident(TERMS, incident, None, LATER)[0]
    steps = explain(verdict, TERMS.promised()["notify"], incident, LATER)
    assert steps == (Step(RUNS, ny(FRIDAY), ny("2026-03-06 17:45"), 900),)


@settings(max_examples=40, deadline=None)
@given(
    start=st.integers(ny("2026-10-30 12:00"), ny("2026-11-02 12:00")),
    spans=st.lists(st.tuples(st.integers(-3_600, 90_000), st.integers(0, 40_000)), max_size=3),
    within=st.integers(1, 7_200),
    done_after=st.none() | st.integers(0, 150_000),
)
def test_deadlines_equal_those_of_a_clock_that_is_stopped_by_hand(
    start: int, spans: list[tuple[int, int]], within: int, done_after: int | None
) -> None:
    """A stopwatch that runs in business hours, unless a pause holds it, shows `within` at the deadline."""
    written = {"plan": {"within": f"{within}s"}, "hours": {"mon-sun": ["00:30-02:30", "08:00-08:40"]}}
    terms = parse_outages(written, zone=ZoneInfo(ZONE))
    hours, plan = terms.hours, terms.promised()["plan"]
    assert hours is not None
    waits = tuple(Pause(start + begins, start + begins + length, "") for begins, length in spans)
    done_at = None if done_after is None else start + done_after
    as_of = start + 200_000
    incident = IncidentFacts(incident="x", device="m", started_at=start, planned_at=done_at, pauses=waits)
    (verdict,) = judge_incident(terms, incident, None, as_of)

    end = as_of if done_at is None else done_at
    held = {at for wait in waits for at in range(max(start, wait.start), min(end, wait.end or end))}
    shown, at = 0, start
    while shown < within:
        shown += is_open(hours, at) and at not in held
        at += 1
    assert verdict.deadline == at
    assert verdict.deadline_without_pauses == slow_after(hours, start, within)

    steps = explain(verdict, plan, incident, as_of)
    assert (steps[0].start, steps[-1].end) == (start, at)
    assert sum(step.counted_seconds for step in steps) == within
    assert all(one.end == other.start for one, other in pairwise(steps))
    for step in steps:
        open_seconds = slow_seconds(hours, step.start, step.end)
        assert step.what != RUNS or open_seconds == step.counted_seconds == step.end - step.start
        assert step.what != CLOSED or open_seconds == 0


def test_without_hours_everything_is_as_if_there_were_none() -> None:
    all_day = parse_outages(
        {**OFFICE, "hours": {"mon-sun": "00:00-24:00"}, "holidays": None}, zone=ZoneInfo(ZONE)
    )
    none = parse_outages({**OFFICE, "hours": None, "holidays": None})
    incident = IncidentFacts(
        incident="x",
        device="m",
        started_at=ny(FRIDAY),
        pauses=pauses(("2026-03-06 18:00", "2026-03-08 04:00")),
    )
    assert judge_incident(all_day, incident, None, LATER) == judge_incident(none, incident, None, LATER)
    assert judge_incident(TERMS, replace(incident, pauses=()), None, LATER) != judge_incident(
        none, incident, None, LATER
    )
