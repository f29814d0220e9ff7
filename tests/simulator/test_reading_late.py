"""Mails that a plan, a limit or a return asks for: each has to leave while it may still be unnoticed."""

from __future__ import annotations

import pytest
from support.witnessed import (
    BACK,
    HOUR,
    INCIDENT,
    LAST_SEEN,
    MINUTE,
    MONTH_LATER,
    STABLE,
    a_witness,
    an_act,
    an_outage,
    bounced,
    taken,
)

from makegood_simulator.reading import LAG_SECONDS, lateness
from makegood_simulator.witness import Accepted, Act, Event

TESS = "tess@provider.example"
LAG = LAG_SECONDS
PLAN_LIMIT, REPAIR_LIMIT = LAST_SEEN + HOUR, LAST_SEEN + 4 * HOUR
LONG_BACK = LAST_SEEN + 10 * HOUR


def late(
    *accepted: Accepted, acts: tuple[Act, ...] = (), back: int = BACK, events: tuple[Event, ...] = ()
) -> list[str]:
    """What is late, when the notice left in time."""
    sent = [taken(LAST_SEEN + 5 * MINUTE), *accepted]
    witness = a_witness(*an_outage(back), accepted=sent, acts=[*acts], events=[*events])
    return lateness(witness, MONTH_LATER * 1000, [TESS])


def warned(stage: str, at: int) -> Accepted:
    return taken(at, f"{stage}-limit", TESS)


BACK_LATE = taken(LONG_BACK + 10 * MINUTE, "recovery")


@pytest.mark.parametrize("kind", ["recovery", "closing"])
@pytest.mark.parametrize(("after", "in_time"), [(LAG, True), (LAG + 1, False)])
def test_a_return_for_good_is_told(kind: str, after: int, in_time: bool) -> None:
    assert (late(taken(STABLE + after, kind)) == []) is in_time


def test_a_return_that_is_never_told_is_late() -> None:
    assert late() == [
        f"{INCIDENT}: recovery|closing was to leave by 2026-03-12T05:25:00Z and is late: it left never"
    ]


@pytest.mark.parametrize(("after", "in_time"), [(LAG, True), (LAG + 1, False)])
def test_a_plan_on_record_is_mailed(after: int, in_time: bool) -> None:
    planned = an_act("plan", LAST_SEEN + 20 * MINUTE)
    told = taken(STABLE, "recovery"), taken(LAST_SEEN + 20 * MINUTE + after, "plan")
    repaired = an_act("repair", STABLE)
    assert (late(*told, acts=(planned, repaired)) == []) is in_time


@pytest.mark.parametrize(("after", "in_time"), [(LAG, True), (LAG + 1, False)])
def test_technicians_are_warned_of_limits_that_pass(after: int, in_time: bool) -> None:
    in_plan = warned("plan", PLAN_LIMIT + after), warned("repair", REPAIR_LIMIT)
    assert (late(BACK_LATE, *in_plan, back=LONG_BACK) == []) is in_time
    in_repair = warned("plan", PLAN_LIMIT), warned("repair", REPAIR_LIMIT + after)
    assert (late(BACK_LATE, *in_repair, back=LONG_BACK) == []) is in_time


@pytest.mark.parametrize(("waits", "in_time"), [(2 * HOUR, True), (2 * HOUR - 1, False)])
def test_a_pause_that_has_ended_moves_the_limits_by_its_length(waits: int, in_time: bool) -> None:
    since = LAST_SEEN + 30 * MINUTE
    acts = an_act("pause", since, reason="awaiting_client"), an_act("resume", since + waits)
    told = (
        BACK_LATE,
        warned("plan", PLAN_LIMIT + 2 * HOUR + LAG),
        warned("repair", REPAIR_LIMIT + 2 * HOUR + LAG),
    )
    assert (late(*told, acts=acts, back=LONG_BACK) == []) is in_time


def test_nobody_is_warned_while_the_client_is_waited_for() -> None:
    acts = (an_act("pause", LAST_SEEN + 30 * MINUTE, reason="awaiting_client"),)
    assert late(BACK_LATE, acts=acts, back=LONG_BACK) == []


@pytest.mark.parametrize(("after", "in_time"), [(LAG, True), (LAG + 1, False)])
def test_technicians_are_warned_that_no_notice_told_anybody(after: int, in_time: bool) -> None:
    """The limit was at 04:15; that the notice bounced was known at 06:00."""
    known_at = LAST_SEEN + 2 * HOUR
    event = bounced(LAST_SEEN + 6 * MINUTE, known_at)
    told = BACK_LATE, warned("plan", PLAN_LIMIT), warned("repair", REPAIR_LIMIT)
    assert (late(*told, warned("notify", known_at + after), back=LONG_BACK, events=(event,)) == []) is in_time
