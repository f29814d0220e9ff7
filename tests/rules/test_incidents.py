"""What an incident needs now: each clock a tick before, at and after."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from makegood.rules.allowance_facts import Pause
from makegood.rules.allowances import Allowances, PauseState
from makegood.rules.contracts import parse_outages
from makegood.rules.facts import IncidentFacts
from makegood.rules.incidents import (
    GIVE_UP_SECONDS,
    Close,
    Decision,
    DocumentItself,
    Restore,
    Run,
    Situation,
    decide,
)
from makegood.rules.mails import MailState, order

STARTED = 1_000_000
MINUTE = 60
HOUR = 3_600
DAY = 24 * HOUR
TERMS = {
    "notify": {"within": "15m"},
    "plan": {"within": "1h"},
    "repair": {"within": "4h"},
    "stable_for": "10m",
    "warnings": ["50%"],
}


class Everything(frozenset[str]):
    """All that time brings is noted already."""

    def __contains__(self, _: object) -> bool:
        return True


FACTS = IncidentFacts(
    incident="modem-x",
    device="modem",
    started_at=STARTED,
    notified_at=None,
    planned_at=None,
    restored_at=None,
    documented_at=None,
    pauses=(),
    excuses=(),
    outages=None,
)


def sent(kind: str, to: str, **changes: Any) -> MailState:
    name = order("incident#modem-x", kind, to).mail
    return replace(MailState(name, kind, to, "sent", sent_at=STARTED + 200), **changes)


def opening() -> dict[str, MailState]:
    states = (sent("notice", "owner"), sent("notice", "desk"), sent("alert", "tess"))
    return {state.mail: state for state in states}


def a_situation(**changes: Any) -> Situation:
    waits = [PauseState(pause.start, pause.start + 5 * DAY, pause.end) for pause in changes.get("pauses", ())]
    facts = {name: changes.pop(name) for name in list(changes) if name in FACTS.__dataclass_fields__}
    known = {
        "facts": replace(FACTS, **facts),
        "terms": parse_outages(TERMS),
        "contacts": ("owner", "desk"),
        "technicians": ("tess",),
        "mails": {},
        "planned": False,
        "involved_at": None,
        "retired_at": None,
        "run": None,
        "noted": Everything(),
        "allowances": Allowances(pauses=tuple(waits)),
    }
    return Situation(**{**known, **changes})


def told(**changes: Any) -> Situation:
    return a_situation(mails=opening(), notified_at=STARTED + 200, **changes)


def waited_for(start: int) -> dict[str, MailState]:
    """The mails of a pause that have left."""
    kinds = {"started": ("owner", "desk"), "ended": ("owner", "desk", "tess")}
    mails = [sent(f"pause-{start}-{what}", to) for what, people in kinds.items() for to in people]
    return {mail.mail: mail for mail in mails}


def kinds(decision: Decision) -> list[tuple[str, str]]:
    return [(mail.kind, mail.to) for mail in decision.mails]


def test_an_opened_incident_tells_every_contact_and_the_technicians() -> None:
    decision = decide(a_situation(), STARTED + 200)
    assert kinds(decision) == [("notice", "owner"), ("notice", "desk"), ("alert", "tess")]
    assert decision.step is None


def test_a_mail_that_left_is_not_due_again_and_one_that_failed_is() -> None:
    mails = opening()
    failed = sent("notice", "desk", status="sending", sent_at=None, claimed_until=0)
    decision = decide(a_situation(mails={**mails, failed.mail: failed}), STARTED + 200)
    assert kinds(decision) == [("notice", "desk")]
    assert decision.wake_at == STARTED + 200 + 30


def test_a_mail_that_somebody_is_sending_is_left_alone_until_the_claim_ends() -> None:
    claimed = sent("notice", "desk", status="sending", sent_at=None, claimed_until=STARTED + 210)
    situation = a_situation(mails={**opening(), claimed.mail: claimed})
    assert kinds(decide(situation, STARTED + 210)) == []
    assert decide(situation, STARTED + 200).wake_at == STARTED + 211
    assert kinds(decide(situation, STARTED + 211)) == [("notice", "desk")]


@pytest.mark.parametrize(
    ("at", "warned", "wake_at"),
    [
        (HOUR // 2 - 1, [], HOUR // 2),
        (HOUR // 2, ["plan-50"], HOUR + 3),
        (HOUR, ["plan-50"], HOUR + 3),
        (HOUR + 1, [], HOUR + 3),
        (HOUR + 2, [], HOUR + 3),
        (HOUR + 3, ["plan-limit"], 2 * HOUR),
    ],
)
def test_technicians_are_warned_at_half_and_at_the_limit(at: int, warned: list[str], wake_at: int) -> None:
    decision = decide(told(), STARTED + at)
    assert kinds(decision) == [(kind, "tess") for kind in warned]
    known = {state.mail: state for kind in warned for state in [sent(kind, "tess")]}
    assert decide(replace(told(), mails={**opening(), **known}), STARTED + at).wake_at == STARTED + wake_at


@pytest.mark.parametrize(
    ("paused", "at", "wake_at"),
    [
        (HOUR // 2 - 1, HOUR // 2 - 1, 6 * HOUR + HOUR // 2 - 1),
        (HOUR // 2 - 1, HOUR, 7 * HOUR),
        (HOUR - 1, 5 * HOUR, 11 * HOUR),
        (HOUR, HOUR, HOUR + 3),
        (HOUR, HOUR + 3, 7 * HOUR + 3),
        (HOUR + 60, HOUR + 30, 2 * HOUR),
    ],
    ids=[
        "a second before half of the plan's hour",
        "half stays as far away as it was",
        "a second before the limit",
        "at the limit, which passes",
        "past the limit the plan waits no more",
        "of a pause that is yet to come nothing is known",
    ],
)
def test_a_clock_that_waits_for_the_client_wakes_nobody(paused: int, at: int, wake_at: int) -> None:
    warnings = {state.mail: state for kind in ("plan-50", "plan-limit") for state in [sent(kind, "tess")]}
    mails = {**opening(), **warnings, **waited_for(STARTED + paused)}
    waiting = told(pauses=(Pause(STARTED + paused, None, "awaiting_client"),))
    assert decide(replace(waiting, mails=mails), STARTED + at).wake_at == STARTED + wake_at


def test_the_notice_waits_for_nobody() -> None:
    paused = a_situation(
        pauses=(Pause(STARTED, None, "awaiting_client"),), mails={**opening(), **waited_for(STARTED)}
    )
    assert decide(paused, STARTED + 200).wake_at == STARTED + 450


def test_a_pause_that_ends_this_second_moves_no_limit_out_of_sight() -> None:
    """Its end is rounded up, so that the step which its end woke may run a moment before it."""
    now = STARTED + 10 * MINUTE
    ending = told(pauses=(Pause(now - 60, now + 1, "awaiting_client"),))
    mails = {**opening(), **waited_for(now - 60)}
    assert decide(replace(ending, mails=mails), now).wake_at == STARTED + 31 * MINUTE


def test_a_stage_that_is_done_is_not_warned_about() -> None:
    decision = decide(told(planned_at=STARTED + 600), STARTED + HOUR + 3)
    assert kinds(decision) == []
    assert decision.wake_at == STARTED + 2 * HOUR


def test_a_plan_is_mailed_to_every_contact() -> None:
    decision = decide(told(planned=True, involved_at=STARTED + 300), STARTED + 600)
    assert kinds(decision) == [("plan", "owner"), ("plan", "desk")]


@pytest.mark.parametrize(("last_seen", "restored"), [(599, False), (600, True), (601, True)])
def test_a_device_is_restored_when_a_beat_comes_after_stable_for(last_seen: int, restored: bool) -> None:
    back = STARTED + HOUR
    run = Run(back_since=back, last_seen=back + last_seen, due_at=back + last_seen + 180)
    step = decide(told(run=run), back + 700).step
    assert step == (Restore(back) if restored else None)


def test_a_run_is_looked_at_when_it_may_be_stable_and_then_at_its_next_beat() -> None:
    back = STARTED + 600
    run = Run(back_since=back, last_seen=back + 60, due_at=back + 240)
    assert decide(told(run=run), back + 100).wake_at == back + 600
    late = Run(back_since=back, last_seen=back + 540, due_at=back + 720)
    assert decide(told(run=late), back + 600).wake_at == back + 615


@pytest.mark.parametrize(("after", "again_at"), [(0, 6), (1, 6), (5, 6), (6, None)])
def test_a_run_is_over_only_when_no_beat_in_time_can_be_on_its_way_any_more(
    after: int, again_at: int | None
) -> None:
    back = STARTED + 300
    due_at = back + 660
    decision = decide(told(run=Run(back, last_seen=due_at - 180, due_at=due_at)), due_at + after)
    assert decision.wake_at == (STARTED + HOUR // 2 if again_at is None else due_at + again_at)


@pytest.mark.parametrize(
    ("restored_at", "step"), [(HOUR - 600, DocumentItself(STARTED + HOUR - 600)), (HOUR - 599, None)]
)
def test_a_device_back_and_stable_before_the_plans_deadline_documents_itself(
    restored_at: int, step: object
) -> None:
    assert decide(told(restored_at=STARTED + restored_at), STARTED + HOUR).step == step


def test_a_device_whose_technician_was_at_work_is_documented_by_a_person() -> None:
    decision = decide(told(restored_at=STARTED + 600, involved_at=STARTED + 300), STARTED + 1_300)
    assert decision.step is None
    assert kinds(decision) == [("recovery", "owner"), ("recovery", "desk"), ("recovery", "tess")]


@pytest.mark.parametrize(("involved_at", "by_itself"), [(1_199, False), (1_200, True), (1_201, True)])
def test_who_comes_when_the_device_is_stable_already_changes_nothing(
    involved_at: int, by_itself: bool
) -> None:
    """Back at 600 and stable at 1,200, however late that is noticed."""
    decision = decide(told(restored_at=STARTED + 600, involved_at=STARTED + involved_at), STARTED + 2_400)
    assert decision.step == (DocumentItself(STARTED + 600) if by_itself else None)


def test_a_contract_may_ask_a_person_to_document_every_recovery() -> None:
    terms = parse_outages({**TERMS, "repair": {"within": "4h", "self_recovery": "document"}})
    assert decide(told(restored_at=STARTED + 600, terms=terms), STARTED + 1_300).step is None


def test_an_incident_ends_when_everybody_was_told() -> None:
    over = told(restored_at=STARTED + 600, documented_at=STARTED + 600)
    decision = decide(over, STARTED + 1_300)
    assert kinds(decision) == [("closing", "owner"), ("closing", "desk"), ("closing", "tess")]
    assert decision.step is None
    closing = {state.mail: state for to in ("owner", "desk", "tess") for state in [sent("closing", to)]}
    assert decide(replace(over, mails={**opening(), **closing}), STARTED + 1_300).step == Close()


def test_retiring_the_device_ends_its_incident() -> None:
    decision = decide(told(retired_at=STARTED + 600), STARTED + 5 * HOUR)
    assert [kind for kind, _ in kinds(decision)] == ["closing", "closing", "closing"]


@pytest.mark.parametrize(("after", "closes"), [(GIVE_UP_SECONDS, False), (GIVE_UP_SECONDS + 1, True)])
def test_a_mail_that_can_never_be_sent_does_not_keep_an_incident_open_for_ever(
    after: int, closes: bool
) -> None:
    over = told(restored_at=STARTED + 600, documented_at=STARTED + 600)
    decision = decide(over, STARTED + 600 + after)
    assert decision.step == (Close() if closes else None)


def test_a_late_document_ends_the_clock_not_the_outage() -> None:
    decision = decide(told(documented_at=STARTED + 600, involved_at=STARTED + 300), STARTED + 700)
    assert decision.step is None
    assert kinds(decision) == []


@pytest.mark.parametrize("offset", [*range(0, 5 * HOUR, 97), 15 * MINUTE, HOUR, 4 * HOUR])
def test_the_next_look_is_always_in_the_future(offset: int) -> None:
    back = STARTED + 600
    run = Run(back_since=back, last_seen=back + 60, due_at=back + 240)
    for situation in (
        a_situation(),
        told(),
        told(run=run),
        told(restored_at=back, involved_at=STARTED + 300),
    ):
        assert decide(situation, STARTED + offset).wake_at > STARTED + offset
