"""Mails that an outage asks for: each leaves while it may still be unnoticed, and not before its cause."""

from __future__ import annotations

import pytest
from support.witnessed import (
    BACK,
    CONTRACT,
    DESK,
    GRACE,
    HOUR,
    INCIDENT,
    LAST_SEEN,
    MINUTE,
    MONTH_LATER,
    OWNER,
    STABLE,
    a_witness,
    an_act,
    an_outage,
    bounced,
    taken,
)

from makegood.rules.instants import format_instant
from makegood_simulator.reading import LAG_SECONDS, lateness
from makegood_simulator.witness import Accepted, Act, Event

TESS = "tess@provider.example"
LAG = LAG_SECONDS
OVERDUE = LAST_SEEN + GRACE + 1
PLAN_LIMIT, REPAIR_LIMIT = LAST_SEEN + HOUR, LAST_SEEN + 4 * HOUR
LONG_BACK = LAST_SEEN + 10 * HOUR


def late(
    *accepted: Accepted, acts: tuple[Act, ...] = (), back: int = BACK, events: tuple[Event, ...] = ()
) -> list[str]:
    """What is late or early, when everybody was told of the outage in time."""
    sent = [
        *told_of(LAST_SEEN + 5 * MINUTE, "notice", OWNER, DESK),
        *told_of(OVERDUE, "alert", TESS),
        *accepted,
    ]
    witness = a_witness(*an_outage(back), accepted=sent, acts=[*acts], events=[*events])
    return lateness(witness, MONTH_LATER * 1000, [TESS])


def told_of(at: int, kind: str, *people: str) -> tuple[Accepted, ...]:
    return tuple(taken(at, kind, to) for to in people or (OWNER, DESK, TESS))


def warned(stage: str, at: int) -> Accepted:
    return taken(at, f"{stage}-limit", TESS)


BACK_LATE = told_of(LONG_BACK + 10 * MINUTE, "recovery")


@pytest.mark.parametrize("kind", ["recovery", "closing"])
@pytest.mark.parametrize(("after", "in_time"), [(LAG, True), (LAG + 1, False)])
def test_a_return_for_good_is_told(kind: str, after: int, in_time: bool) -> None:
    assert (late(*told_of(STABLE + after, kind)) == []) is in_time


def test_everybody_is_told_of_a_return() -> None:
    assert late(*told_of(STABLE, "recovery", DESK, TESS)) == [
        f"{INCIDENT}: recovery|closing to {OWNER} was to leave by 2026-03-12T05:25:00Z"
        " and is late: it left never"
    ]


@pytest.mark.parametrize(("after", "in_time"), [(LAG, True), (LAG + 1, False)])
@pytest.mark.parametrize(("kind", "last"), [("notice", OWNER), ("notice", DESK), ("alert", TESS)])
def test_everybody_is_told_of_an_outage(kind: str, last: str, after: int, in_time: bool) -> None:
    """The grace of three minutes is over a second after 04:03."""
    people = {"notice": [OWNER, DESK], "alert": [TESS]}
    sent = [
        taken(OVERDUE + after if (what, to) == (kind, last) else OVERDUE, what, to)
        for what, whom in people.items()
        for to in whom
    ]
    witness = a_witness(*an_outage(), accepted=[*sent, *told_of(STABLE, "closing")])
    said = lateness(witness, MONTH_LATER * 1000, [TESS])
    assert [sentence.partition(" was to leave")[0] for sentence in said] == (
        [] if in_time else [f"{INCIDENT}: {kind} to {last}"]
    )


def test_who_is_a_contact_only_later_need_not_be_told() -> None:
    contacts = {"outages": [DESK], "statements": [OWNER]}
    later = {**CONTRACT, "effective_from": "2026-04-01", "contacts": contacts}
    sent = [
        *told_of(OVERDUE, "notice", DESK),
        *told_of(OVERDUE, "alert", TESS),
        *told_of(STABLE, "closing", DESK, TESS),
    ]
    for versions, whole in (([CONTRACT, later], True), ([CONTRACT], False)):
        witness = a_witness(*an_outage(), accepted=sent, contracts=versions)
        assert (lateness(witness, MONTH_LATER * 1000, [TESS]) == []) is whole


@pytest.mark.parametrize(
    ("kind", "cause"),
    [
        ("notice", OVERDUE),
        ("alert", OVERDUE),
        ("plan", LAST_SEEN + 20 * MINUTE),
        ("recovery", LONG_BACK + 10 * MINUTE),
        ("closing", LONG_BACK + 20 * MINUTE),
        ("notify-half", LAST_SEEN + 450),
        ("notify-limit", LAST_SEEN + 15 * MINUTE + 1),
        ("plan-half", LAST_SEEN + 30 * MINUTE),
        ("plan-limit", LAST_SEEN + HOUR + 1),
        ("repair-half", LAST_SEEN + 2 * HOUR + 30 * MINUTE),
        ("repair-limit", LAST_SEEN + 4 * HOUR + 30 * MINUTE + 1),
    ],
)
@pytest.mark.parametrize(("second", "true"), [(-1, False), (0, True)])
def test_no_mail_tells_what_is_not_so_yet(kind: str, cause: int, second: int, true: bool) -> None:
    """The client was waited for from 05:30 to 06:00; the repair was documented at 14:20."""
    acts = [
        an_act("plan", LAST_SEEN + 20 * MINUTE),
        an_act("pause", LAST_SEEN + 90 * MINUTE, reason="awaiting_client"),
        an_act("resume", LAST_SEEN + 2 * HOUR),
        an_act("repair", LONG_BACK + 20 * MINUTE),
    ]
    witness = a_witness(*an_outage(LONG_BACK), accepted=[taken(cause + second, kind)], acts=acts)
    said = [sentence for sentence in lateness(witness, MONTH_LATER * 1000, []) if "and was so" in sentence]
    left, was_so = format_instant(cause + second), format_instant(cause)
    assert said == ([] if true else [f"{INCIDENT}: {kind} left at {left}, and was so only from {was_so}"])


@pytest.mark.parametrize(("before", "forgiven"), [(60, False), (59, True)])
def test_a_pause_that_is_recorded_while_a_mail_leaves_comes_too_late_for_it(
    before: int, forgiven: bool
) -> None:
    """Asked for a second before the limit, put on record later."""
    left_at = PLAN_LIMIT + 90
    pause = an_act("pause", PLAN_LIMIT - 1, recorded_at=left_at - before, reason="awaiting_client")
    witness = a_witness(*an_outage(LONG_BACK), accepted=[warned("plan", left_at)], acts=[pause])
    early = [sentence for sentence in lateness(witness, MONTH_LATER * 1000, []) if "and was so" in sentence]
    assert (early == []) is forgiven


def test_no_mail_tells_of_what_never_was() -> None:
    witness = a_witness(*an_outage(), accepted=[taken(STABLE, "plan")])
    assert f"{INCIDENT}: plan left at 2026-03-12T04:40:00Z, and was so never" in lateness(
        witness, MONTH_LATER * 1000, []
    )


@pytest.mark.parametrize(("after", "in_time"), [(LAG, True), (LAG + 1, False)])
def test_a_plan_on_record_is_mailed(after: int, in_time: bool) -> None:
    planned = an_act("plan", LAST_SEEN + 20 * MINUTE)
    told = *told_of(STABLE, "recovery"), *told_of(LAST_SEEN + 20 * MINUTE + after, "plan", OWNER, DESK)
    repaired = an_act("repair", STABLE)
    assert (late(*told, acts=(planned, repaired)) == []) is in_time


@pytest.mark.parametrize(("after", "in_time"), [(LAG, True), (LAG + 1, False)])
def test_technicians_are_warned_of_limits_that_pass(after: int, in_time: bool) -> None:
    in_plan = warned("plan", PLAN_LIMIT + after), warned("repair", REPAIR_LIMIT + 1)
    assert (late(*BACK_LATE, *in_plan, back=LONG_BACK) == []) is in_time
    in_repair = warned("plan", PLAN_LIMIT + 1), warned("repair", REPAIR_LIMIT + after)
    assert (late(*BACK_LATE, *in_repair, back=LONG_BACK) == []) is in_time


def paused(start: int, end: int, name: int | None = None) -> list[Accepted]:
    """The mails of a pause, which carry its start as their name, leaving at its start and at its end."""
    since = start if name is None else name
    return [
        *told_of(start, f"pause-{since}-started", OWNER, DESK),
        *told_of(end, f"pause-{since}-ended", OWNER, DESK, TESS),
    ]


@pytest.mark.parametrize(("waits", "in_time"), [(2 * HOUR, True), (2 * HOUR - 1, False)])
def test_a_pause_that_has_ended_moves_the_limits_by_its_length(waits: int, in_time: bool) -> None:
    since = LAST_SEEN + 30 * MINUTE
    acts = an_act("pause", since, reason="awaiting_client"), an_act("resume", since + waits)
    told = (
        *BACK_LATE,
        *paused(since, since + waits),
        warned("plan", PLAN_LIMIT + 2 * HOUR + LAG),
        warned("repair", REPAIR_LIMIT + 2 * HOUR + LAG),
    )
    assert (late(*told, acts=acts, back=LONG_BACK) == []) is in_time


def test_nobody_is_warned_while_the_client_is_waited_for() -> None:
    since, longest = LAST_SEEN + 30 * MINUTE, 5 * 24 * HOUR
    acts = (an_act("pause", since, reason="awaiting_client"),)
    told = *BACK_LATE, *paused(since, since + longest)
    warning = warned("repair", REPAIR_LIMIT + longest + LAG)
    assert late(*told, warning, acts=acts, back=LONG_BACK) == []
    assert len(late(*told, acts=acts, back=LONG_BACK)) == 1


@pytest.mark.parametrize(("after", "in_time"), [(LAG, True), (LAG + 1, False)])
def test_the_client_is_told_what_is_awaited_and_that_it_is_over(after: int, in_time: bool) -> None:
    since = LAST_SEEN + 30 * MINUTE
    acts = an_act("pause", since, reason="awaiting_client"), an_act("resume", since + HOUR)
    limits = warned("plan", PLAN_LIMIT + HOUR + 1), warned("repair", REPAIR_LIMIT + HOUR + 1)
    started, ended = paused(since, since + HOUR + after), paused(since + after, since + HOUR, since)
    for told in (started, ended):
        assert (late(*BACK_LATE, *limits, *told, acts=acts, back=LONG_BACK) == []) is in_time


@pytest.mark.parametrize(("after", "in_time"), [(LAG, True), (LAG + 1, False)])
def test_technicians_are_warned_that_no_notice_told_anybody(after: int, in_time: bool) -> None:
    """The limit was at 04:15; that the notice bounced was known at 06:00."""
    known_at = LAST_SEEN + 2 * HOUR
    events = bounced(LAST_SEEN + 6 * MINUTE, known_at), bounced(LAST_SEEN + 6 * MINUTE, known_at, to=DESK)
    told = *BACK_LATE, warned("plan", PLAN_LIMIT + 1), warned("repair", REPAIR_LIMIT + 1)
    assert (late(*told, warned("notify", known_at + after), back=LONG_BACK, events=events) == []) is in_time
