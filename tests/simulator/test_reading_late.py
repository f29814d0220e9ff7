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
QUIET_BEFORE = {**CONTRACT, "outages": {**CONTRACT["outages"], "warnings": []}}
"""Of limits technicians hear only when they have passed."""


def late(
    *accepted: Accepted, acts: tuple[Act, ...] = (), back: int = BACK, events: tuple[Event, ...] = ()
) -> list[str]:
    """What is late or early, when everybody was told of the outage in time."""
    sent = [
        *told_of(LAST_SEEN + 5 * MINUTE, "notice", OWNER, DESK),
        *told_of(OVERDUE, "alert", TESS),
        *accepted,
    ]
    witness = a_witness(
        *an_outage(back), accepted=sent, acts=[*acts], events=[*events], contracts=[QUIET_BEFORE]
    )
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
        ("notify-50", LAST_SEEN + 450),
        ("notify-limit", LAST_SEEN + 15 * MINUTE + 1),
        ("plan-50", LAST_SEEN + 30 * MINUTE),
        ("plan-limit", LAST_SEEN + HOUR + 1),
        ("repair-50", LAST_SEEN + 2 * HOUR + 30 * MINUTE),
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
    told = (
        *BACK_LATE,
        taken(known_at, "call", TESS),
        warned("plan", PLAN_LIMIT + 1),
        warned("repair", REPAIR_LIMIT + 1),
    )
    assert (late(*told, warned("notify", known_at + after), back=LONG_BACK, events=events) == []) is in_time


@pytest.mark.parametrize(("after", "asked_in_vain"), [(-1, True), (0, True), (1, False)])
def test_a_notice_to_somebody_new_does_not_make_an_earlier_call_untrue(
    after: int, asked_in_vain: bool
) -> None:
    asked_at = LAST_SEEN + 10 * MINUTE
    events = [bounced(LAST_SEEN + 6 * MINUTE, asked_at, to=to) for to in (OWNER, DESK)]
    told = (
        *told_of(LAST_SEEN + 5 * MINUTE, "notice", OWNER, DESK),
        taken(asked_at, "call", TESS),
        taken(asked_at + after, "notice", "new@acme.example"),
    )
    witness = a_witness(*an_outage(), accepted=told, events=events, contracts=[QUIET_BEFORE])
    found = [line for line in lateness(witness, MONTH_LATER * 1000, [TESS]) if ": call left at" in line]
    assert bool(found) is asked_in_vain


# --- the ladder ---

LEAD = "lead@provider.example"
LADDER = {
    **CONTRACT,
    "outages": {
        **CONTRACT["outages"],
        "warnings": ["50%"],
        "escalation": [{"after": "0m", "to": TESS}, {"after": "2h", "to": LEAD}],
    },
}
LEADS_TURN = LAST_SEEN + 2 * HOUR
"""The plan's half is at 04:30, its limit at 05:00; the repair's half at 06:00, when it is the lead's turn."""


def of_the_ladder(*accepted: Accepted, acts: tuple[Act, ...] = ()) -> list[str]:
    """What is late or early with a ladder, when the first level heard of everything in time."""
    first = [
        *told_of(LAST_SEEN + 5 * MINUTE, "notice", OWNER, DESK),
        taken(OVERDUE, "alert", TESS),
        taken(LAST_SEEN + 30 * MINUTE, "plan-50", TESS),
        warned("plan", PLAN_LIMIT + 1),
        taken(LAST_SEEN + 2 * HOUR, "repair-50", TESS),
        warned("repair", REPAIR_LIMIT + 1),
        *told_of(LONG_BACK + 10 * MINUTE, "recovery"),
    ]
    witness = a_witness(*an_outage(LONG_BACK), accepted=[*first, *accepted], acts=[*acts], contracts=[LADDER])
    return lateness(witness, MONTH_LATER * 1000, [TESS])


def the_lead(**times: int) -> tuple[Accepted, ...]:
    """What the lead is told when nobody takes it, at other times where some are given."""
    usual = {
        "alert": LEADS_TURN,
        "repair-50": LEADS_TURN,
        "repair-limit": REPAIR_LIMIT + 1,
        "recovery": LONG_BACK + 10 * MINUTE,
    }
    known = {kind: times.get(kind.replace("-", "_"), at) for kind, at in usual.items()}
    return tuple(taken(at, kind, LEAD) for kind, at in known.items())


def test_a_level_is_told_when_its_turn_has_come_and_all_that_follows() -> None:
    assert of_the_ladder(*the_lead()) == []
    for missing, kind in enumerate(("alert", "repair-50|repair-limit", "repair-limit", "recovery|closing")):
        told = [mail for index, mail in enumerate(the_lead()) if index != missing]
        said = of_the_ladder(*told)
        expected = [] if missing == 1 else [f"{INCIDENT}: {kind} to {LEAD}"]  # the limit will do, when late
        assert [sentence.partition(" was to leave")[0] for sentence in said][: len(expected)] == expected


@pytest.mark.parametrize(("second", "good"), [(-1, False), (0, True)])
def test_a_level_is_not_told_before_its_turn(second: int, good: bool) -> None:
    assert (of_the_ladder(*the_lead(alert=LEADS_TURN + second)) == []) is good


def test_who_is_told_of_an_incident_that_somebody_had_taken_before_is_told_without_a_cause() -> None:
    take = an_act("take", LEADS_TURN - 61)
    assert of_the_ladder(acts=(take,)) == []
    assert [
        sentence.partition(" left at")[0] for sentence in of_the_ladder(*the_lead()[:1], acts=(take,))
    ] == [f"{INCIDENT}: alert"]
    at_their_turn = an_act("take", LEADS_TURN)
    assert of_the_ladder(*the_lead(), acts=(at_their_turn,)) == []


def test_a_warning_at_a_share_that_the_contract_does_not_name_has_no_cause() -> None:
    assert len(of_the_ladder(*the_lead(), taken(LAST_SEEN + 48 * MINUTE, "plan-80", TESS))) == 1


def test_a_warning_to_another_than_who_has_it_has_no_cause() -> None:
    take = an_act("take", LEADS_TURN + MINUTE)
    told = [mail for mail in the_lead() if "repair-50" not in mail.mail]
    late_for_the_lead = taken(LEADS_TURN + 10 * MINUTE, "repair-50", LEAD)
    assert of_the_ladder(*told, acts=(take,)) == []
    assert len(of_the_ladder(*told, late_for_the_lead, acts=(take,))) == 1
