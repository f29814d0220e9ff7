"""Stages: every clock a second before, at and after its deadline, and what moves it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from makegood.rules.allowance_facts import Excuse, Pause
from makegood.rules.contracts import parse_outages
from makegood.rules.facts import IncidentFacts
from makegood.rules.stages import StageVerdict, judge_incident

MINUTE = 60
HOUR = 3_600
STARTED = 1_000_000
NOTIFY_DUE = STARTED + 15 * MINUTE
PLAN_DUE = STARTED + HOUR
REPAIR_DUE = STARTED + 4 * HOUR
LATER = STARTED + 100 * HOUR

TERMS = parse_outages({"notify": {"within": "15m"}, "plan": {"within": "1h"}, "repair": {"within": "4h"}})
INCIDENT = IncidentFacts(incident="modem-x", device="modem", started_at=STARTED)


def judged(stage: str, as_of: int = LATER, retired_at: int | None = None, **changes: Any) -> StageVerdict:
    verdicts = judge_incident(TERMS, replace(INCIDENT, **changes), retired_at, as_of)
    return next(verdict for verdict in verdicts if verdict.stage == stage)


def pauses(*spans: tuple[int, int | None]) -> tuple[Pause, ...]:
    return tuple(Pause(start, end, "awaiting_client") for start, end in spans)


def an_excuse(stage: str, approved_at: int = STARTED) -> Excuse:
    return Excuse(stage, "client_caused", "owner@acme.example", approved_at)


def test_each_promised_stage_is_judged_in_its_order() -> None:
    assert [verdict.stage for verdict in judge_incident(TERMS, INCIDENT, None, LATER)] == [
        "notify",
        "plan",
        "repair",
    ]
    only_plan = parse_outages({"plan": {"within": "1h"}})
    assert [verdict.stage for verdict in judge_incident(only_plan, INCIDENT, None, LATER)] == ["plan"]


@pytest.mark.parametrize(
    ("stage", "done", "due"),
    [("notify", "notified_at", NOTIFY_DUE), ("plan", "planned_at", PLAN_DUE)],
)
@pytest.mark.parametrize(("tick", "verdict"), [(-1, "kept"), (0, "kept"), (1, "broken")])
def test_a_stage_is_kept_until_its_deadline(stage: str, done: str, due: int, tick: int, verdict: str) -> None:
    judgement = judged(stage, **{done: due + tick})
    assert (judgement.deadline, judgement.done_at, judgement.verdict) == (due, due + tick, verdict)
    assert judgement.late_seconds == max(0, tick)


@pytest.mark.parametrize(
    ("restored", "documented", "done"),
    [(10, 20, 20), (20, 10, 20), (10, 10, 10), (None, 10, None), (10, None, None), (None, None, None)],
)
def test_a_repair_is_done_when_it_is_restored_and_documented(
    restored: int | None, documented: int | None, done: int | None
) -> None:
    times: dict[str, Any] = {
        name: None if tick is None else STARTED + tick
        for name, tick in (("restored_at", restored), ("documented_at", documented))
    }
    assert judged("repair", **times).done_at == (None if done is None else STARTED + done)


@pytest.mark.parametrize(("tick", "verdict"), [(-1, "pending"), (0, "pending"), (1, "broken")])
def test_a_stage_that_is_not_done_is_pending_until_its_deadline_has_passed(tick: int, verdict: str) -> None:
    judgement = judged("notify", as_of=NOTIFY_DUE + tick)
    assert (judgement.verdict, judgement.late_seconds) == (verdict, max(0, tick))


def test_lateness_of_what_is_not_done_counts_until_now() -> None:
    assert judged("notify", as_of=NOTIFY_DUE + HOUR).late_seconds == HOUR


@pytest.mark.parametrize(("tick", "verdict"), [(-1, "kept"), (0, "kept"), (1, "pending")])
def test_what_is_later_than_now_has_not_happened(tick: int, verdict: str) -> None:
    now = NOTIFY_DUE - HOUR // 6
    judgement = judged("notify", as_of=now, notified_at=now + tick)
    assert judgement.verdict == verdict
    assert judgement.done_at == (now + tick if tick <= 0 else None)


@pytest.mark.parametrize(("tick", "verdict"), [(-1, "not_required"), (0, "not_required"), (1, "broken")])
def test_no_plan_is_required_of_what_is_back_before_it_is_due(tick: int, verdict: str) -> None:
    assert judged("plan", restored_at=PLAN_DUE + tick).verdict == verdict


def test_a_late_plan_for_what_is_back_is_not_required_either() -> None:
    judgement = judged("plan", restored_at=PLAN_DUE, planned_at=PLAN_DUE + HOUR)
    assert (judgement.verdict, judgement.done_at, judgement.late_seconds) == (
        "not_required",
        PLAN_DUE + HOUR,
        0,
    )


def test_a_plan_in_time_is_kept_although_it_was_not_required() -> None:
    assert judged("plan", restored_at=STARTED + 1, planned_at=PLAN_DUE).verdict == "kept"


@pytest.mark.parametrize("stage", ["notify", "repair"])
def test_coming_back_excuses_no_other_stage(stage: str) -> None:
    assert judged(stage, restored_at=STARTED + 1).verdict == "broken"


@pytest.mark.parametrize(
    ("stage", "due"), [("notify", NOTIFY_DUE), ("plan", PLAN_DUE), ("repair", REPAIR_DUE)]
)
@pytest.mark.parametrize(("tick", "verdict"), [(-1, "not_required"), (0, "not_required"), (1, "broken")])
def test_nothing_is_required_for_a_device_retired_before_it_is_due(
    stage: str, due: int, tick: int, verdict: str
) -> None:
    assert judged(stage, retired_at=due + tick).verdict == verdict


def test_a_late_stage_stays_broken_though_the_device_was_retired() -> None:
    assert judged("notify", retired_at=NOTIFY_DUE, notified_at=NOTIFY_DUE + 1).verdict == "broken"


def test_a_retirement_later_than_now_is_not_known() -> None:
    assert judged("repair", as_of=REPAIR_DUE - 2, retired_at=REPAIR_DUE - 1).verdict == "pending"
    assert judged("repair", as_of=REPAIR_DUE - 1, retired_at=REPAIR_DUE - 1).verdict == "not_required"


def test_an_excuse_is_of_one_stage_and_hides_no_lateness() -> None:
    excused = judged("plan", excuses=(an_excuse("plan"),), planned_at=PLAN_DUE + 5)
    assert (excused.verdict, excused.late_seconds) == ("excused", 5)
    assert judged("repair", excuses=(an_excuse("plan"),)).verdict == "broken"


def test_an_excuse_is_not_looked_at_before_the_stage_is_missed() -> None:
    excuses = (an_excuse("notify"), an_excuse("plan"))
    assert judged("notify", excuses=excuses, notified_at=NOTIFY_DUE).verdict == "kept"
    assert judged("plan", excuses=excuses, restored_at=PLAN_DUE).verdict == "not_required"
    assert judged("plan", excuses=excuses, as_of=PLAN_DUE).verdict == "pending"


@pytest.mark.parametrize(("tick", "verdict"), [(-1, "excused"), (0, "excused"), (1, "broken")])
def test_an_excuse_counts_from_its_approval(tick: int, verdict: str) -> None:
    assert judged("plan", excuses=(an_excuse("plan", approved_at=LATER + tick),)).verdict == verdict


def test_no_pause_moves_the_time_to_notify() -> None:
    paused = judged("notify", pauses=pauses((STARTED, STARTED + HOUR)))
    assert paused.deadline == paused.deadline_without_pauses == NOTIFY_DUE


@pytest.mark.parametrize(("stage", "due"), [("plan", PLAN_DUE), ("repair", REPAIR_DUE)])
def test_a_pause_moves_the_other_deadlines_by_its_length(stage: str, due: int) -> None:
    paused = judged(stage, pauses=pauses((STARTED + 10, STARTED + 40)))
    assert (paused.deadline, paused.deadline_without_pauses) == (due + 30, due)


@pytest.mark.parametrize(
    ("spans", "moved"),
    [
        ([(-100, -50)], 0),  # over before it started
        ([(-100, 0)], 0),
        ([(-100, 30)], 30),  # counts from the start
        ([(10, 10)], 0),
        ([(0, 20), (10, 40)], 40),  # overlapping ones count once
        ([(0, 40), (10, 20)], 40),
        ([(10, 40), (0, 20)], 40),  # in any order
        ([(0, 20), (20, 40)], 40),  # touching ones
        ([(0, 20), (30, 40)], 30),
        ([(HOUR - 1, HOUR + 9)], 10),
        ([(HOUR, HOUR + 10)], 0),  # begins at the deadline, too late
        ([(0, 10), (HOUR + 9, HOUR + 29)], 30),  # before the deadline as it was moved
        ([(0, 10), (HOUR + 10, HOUR + 30)], 10),  # at it
        ([(HOUR - 1, HOUR + 9), (HOUR + 9, HOUR + 19)], 20),  # touching, so one that began in time
        ([(0, 5), (5, 10), (HOUR + 9, HOUR + 10), (HOUR + 10, HOUR + 20)], 21),
    ],
)
def test_pauses_are_joined_and_those_before_the_deadline_move_it(
    spans: list[tuple[int, int]], moved: int
) -> None:
    paused = judged("plan", pauses=pauses(*((STARTED + start, STARTED + end) for start, end in spans)))
    assert paused.deadline == PLAN_DUE + moved


def test_a_pause_after_the_stage_was_done_moves_nothing() -> None:
    done = STARTED + 10 * MINUTE
    assert judged("plan", planned_at=done, pauses=pauses((done, done + HOUR))).deadline == PLAN_DUE
    assert judged("plan", planned_at=done, pauses=pauses((done - 60, done + HOUR))).deadline == PLAN_DUE + 60


def test_each_stage_cuts_its_pauses_where_it_is_done_itself() -> None:
    times = {"planned_at": STARTED + 10, "restored_at": STARTED + 5, "documented_at": STARTED + 50}
    span = pauses((STARTED, STARTED + 100))
    assert judged("plan", pauses=span, **times).deadline == PLAN_DUE + 10
    assert judged("repair", pauses=span, **times).deadline == REPAIR_DUE + 50


def test_an_open_pause_lasts_until_now_and_keeps_the_stage_pending() -> None:
    judgement = judged("repair", as_of=LATER, pauses=pauses((STARTED + 2 * HOUR, None)))
    assert judgement.deadline == LATER + 2 * HOUR
    assert judgement.verdict == "pending"


def test_a_pause_that_ends_later_than_now_is_open() -> None:
    now = STARTED + HOUR
    paused = judged("repair", as_of=now, pauses=pauses((STARTED + 10, now + 1)))
    assert paused.deadline == REPAIR_DUE + HOUR - 10
    assert judged("repair", as_of=now, pauses=pauses((now + 1, now + 2))).deadline == REPAIR_DUE


def test_lateness_counts_from_the_deadline_as_it_was_moved() -> None:
    paused = judged("plan", pauses=pauses((STARTED, STARTED + 30)), planned_at=PLAN_DUE + 35)
    assert (paused.verdict, paused.late_seconds) == ("broken", 5)


def test_a_pause_does_not_hide_lateness_that_came_before_it() -> None:
    paused = judged("plan", pauses=pauses((PLAN_DUE + 1, None)))
    assert (paused.verdict, paused.deadline, paused.late_seconds) == ("broken", PLAN_DUE, LATER - PLAN_DUE)


def test_what_is_back_before_the_deadline_as_moved_needs_no_plan() -> None:
    spans = pauses((STARTED, STARTED + 30))
    assert judged("plan", pauses=spans, restored_at=PLAN_DUE + 30).verdict == "not_required"
    assert judged("plan", pauses=spans, restored_at=PLAN_DUE + 31).verdict == "broken"


def test_judging_twice_is_judging_once() -> None:
    incident = replace(INCIDENT, planned_at=PLAN_DUE + 5, pauses=pauses((STARTED, None)))
    assert judge_incident(TERMS, incident, None, LATER) == judge_incident(TERMS, incident, None, LATER)
