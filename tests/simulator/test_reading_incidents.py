"""Incidents read from what was seen: who was told when, who repaired, what waited and what is excused."""

from __future__ import annotations

from typing import Any

import pytest
from support.witnessed import (
    BACK,
    DESK,
    HOUR,
    INCIDENT,
    LAST_SEEN,
    MONTH_LATER,
    STABLE,
    TERMS,
    a_row,
    a_witness,
    an_act,
    an_outage,
    bounced,
    delivered,
    taken,
    the_facts,
)

from makegood.rules.instants import format_instant
from makegood_simulator.reading import LAG_SECONDS, differences
from makegood_simulator.reading_incidents import UNDERWAY_SECONDS, deadline
from makegood_simulator.reading_mails import ANSWER_SECONDS
from makegood_simulator.witness import Act, Heard, Witness

SENT = LAST_SEEN + 300
SAYS = f"incident {INCIDENT}: the facts say"


def allows(witness: Witness, now: int = MONTH_LATER, **row: Any) -> bool:
    """Whether the facts may say this of the incident. The other times agree, or the test is wrong."""
    found = differences(the_facts(a_row(**row)), witness, now * 1000)
    named = {difference.removeprefix(SAYS).split()[0] for difference in found}
    assert named <= row.keys()
    return not found


def told(now: int = MONTH_LATER, **seen: Any) -> Witness:
    return a_witness(*an_outage(until=now), **seen)


def acted(*acts: Act, heard: list[Heard] | None = None, **seen: Any) -> Witness:
    return a_witness(*(heard or an_outage()), acts=list(acts), **seen)


def test_facts_that_say_what_happened_differ_in_nothing() -> None:
    assert differences(the_facts(a_row()), a_witness(*an_outage()), MONTH_LATER * 1000) == []


@pytest.mark.parametrize(
    ("late", "fits"), [(-1, False), (0, True), (ANSWER_SECONDS, True), (ANSWER_SECONDS + 1, False)]
)
def test_a_mail_told_its_addressee_when_ses_had_taken_it(late: int, fits: bool) -> None:
    witness = told(accepted=[taken(SENT - 0.7)])
    assert allows(witness, notified_at=SENT + late) is fits
    assert not allows(witness, notified_at=None)


def test_each_of_two_copies_may_be_the_one_on_record() -> None:
    witness = told(accepted=[taken(SENT), taken(SENT + 150)])
    fitting = {SENT, SENT + ANSWER_SECONDS, SENT + 150, SENT + 150 + ANSWER_SECONDS}
    probed = fitting | {SENT - 1, SENT + ANSWER_SECONDS + 1, SENT + 149, SENT + 156}
    assert {at for at in probed if allows(witness, notified_at=at)} == fitting


@pytest.mark.parametrize(("age", "fits"), [(LAG_SECONDS, True), (LAG_SECONDS + 1, False)])
def test_a_mail_just_taken_may_not_be_noted_yet(age: int, fits: bool) -> None:
    now = STABLE + 2 * HOUR
    assert allows(told(now, accepted=[taken(now - age)]), now, notified_at=None) is fits


def test_a_delivery_replaces_the_time_of_sending() -> None:
    witness = told(accepted=[taken(SENT)], events=[delivered(SENT + 8.2, SENT + 20)])
    assert allows(witness, notified_at=SENT + 9)
    assert not any(allows(witness, notified_at=at) for at in (None, SENT, SENT + 8, SENT + 10))


def test_of_two_deliveries_the_earlier_one_told_whichever_came_in_first() -> None:
    events = [delivered(SENT + 150, SENT + 160), delivered(SENT + 8, SENT + 170)]
    witness = told(accepted=[taken(SENT), taken(SENT + 149)], events=events)
    assert allows(witness, notified_at=SENT + 8)
    assert not allows(witness, notified_at=SENT + 150)


def test_a_report_on_its_way_may_be_known_or_not() -> None:
    coming = told(accepted=[taken(SENT)], events=[delivered(SENT + 60, None)])
    assert all(allows(coming, notified_at=at) for at in (SENT, SENT + 60))
    assert not any(allows(coming, notified_at=at) for at in (None, SENT + 59))
    bouncing = told(accepted=[taken(SENT)], events=[bounced(SENT + 60, None)])
    assert all(allows(bouncing, notified_at=at) for at in (None, SENT))
    turning_back = [delivered(SENT + 8, SENT + 9), bounced(SENT + 60, None)]
    assert all(allows(told(events=turning_back), notified_at=at) for at in (None, SENT + 8))
    passing = [bounced(SENT + 8, SENT + 9, permanent=False), delivered(SENT + 60, None)]
    assert all(allows(told(events=passing), notified_at=at) for at in (None, SENT + 60))
    delivered_first = [delivered(SENT + 8, SENT + 9), delivered(SENT + 60, None), delivered(SENT + 7, None)]
    later = told(accepted=[taken(SENT)], events=delivered_first)
    assert [at - SENT for at in range(SENT, SENT + 70) if allows(later, notified_at=at)] == [7, 8]


def test_a_report_taken_in_after_the_facts_were_gathered_is_still_on_its_way_then() -> None:
    now = STABLE + 2 * HOUR
    witness = told(now, accepted=[taken(SENT)], events=[bounced(SENT + 1, now + 1)])
    assert allows(witness, now, notified_at=SENT)
    witness.events[0].handled_at = now * 1000
    assert not allows(witness, now, notified_at=SENT)


def test_mails_and_reports_of_later_are_not_known() -> None:
    now = STABLE + 2 * HOUR
    assert allows(told(now, accepted=[taken(now + 0.001)]), now, notified_at=None)
    assert not allows(told(now, accepted=[taken(now + 0.001)]), now, notified_at=now + 1)
    bouncing = told(now, accepted=[taken(SENT)], events=[bounced(now + 1, None)])
    assert not allows(bouncing, now, notified_at=None)


def test_a_mail_that_bounced_told_nobody_also_after_a_delivery() -> None:
    events = [delivered(SENT + 8, SENT + 9), bounced(SENT + 600, SENT + 601)]
    for order in (events, events[::-1]):
        witness = told(accepted=[taken(SENT)], events=order)
        assert allows(witness, notified_at=None)
        assert not any(allows(witness, notified_at=at) for at in (SENT, SENT + 8))


def test_a_mail_turned_back_for_now_told_nobody_unless_it_was_delivered() -> None:
    passing = bounced(SENT + 2, SENT + 3, permanent=False)
    witness = told(accepted=[taken(SENT)], events=[passing])
    assert allows(witness, notified_at=None)
    assert not allows(witness, notified_at=SENT)
    witness.events.append(delivered(SENT + 90, SENT + 91))
    assert allows(witness, notified_at=SENT + 90)
    assert not allows(witness, notified_at=None)


def test_a_stage_is_done_when_the_first_contact_is_told() -> None:
    both = [taken(SENT), taken(SENT + 60, to=DESK)]
    assert allows(told(accepted=both), notified_at=SENT)
    assert not allows(told(accepted=both), notified_at=SENT + 60)
    first_bounced = told(accepted=both, events=[bounced(SENT + 2, SENT + 3)])
    assert allows(first_bounced, notified_at=SENT + 60)
    assert not any(allows(first_bounced, notified_at=at) for at in (None, SENT))
    perhaps = told(accepted=both, events=[bounced(SENT + 2, None)])
    assert all(allows(perhaps, notified_at=at) for at in (SENT, SENT + 60))
    assert not allows(perhaps, notified_at=None)


def test_mails_of_other_kinds_tell_no_client_of_the_outage() -> None:
    witness = told(accepted=[taken(SENT, "alert"), taken(SENT, "plan-50"), taken(SENT, "closing")])
    assert allows(witness, notified_at=None, planned_at=None)
    assert not allows(witness, notified_at=SENT)


def test_a_plan_counts_when_it_was_sent() -> None:
    act = an_act("plan", SENT)
    witness = acted(act, accepted=[taken(SENT + 2, "plan")])
    assert allows(witness, planned_at=SENT + 2, documented_at=None)
    assert not allows(witness, planned_at=SENT, documented_at=None)
    without_act = acted(accepted=[taken(SENT + 2, "plan")])
    assert not allows(without_act, planned_at=SENT + 2)


def test_the_first_repair_on_record_documents_the_incident() -> None:
    witness = acted(an_act("repair", SENT), an_act("repair", SENT + 60))
    assert allows(witness, documented_at=SENT)
    assert not any(allows(witness, documented_at=at) for at in (None, SENT + 60, BACK))


@pytest.mark.parametrize(("stable_after", "by_itself"), [(3_599, True), (3_600, True), (3_601, False)])
def test_what_is_stable_by_the_deadline_of_the_plan_came_back_by_itself(
    stable_after: int, by_itself: bool
) -> None:
    back = LAST_SEEN + stable_after - 600
    witness = acted(heard=an_outage(back))
    row: dict[str, Any] = {"documented_at": back if by_itself else None, "restored_at": back}
    assert allows(witness, **row)
    row["documented_at"] = None if by_itself else back
    assert not allows(witness, **row)


def test_without_a_plan_promised_the_repair_has_the_deadline_and_without_both_there_is_none() -> None:
    only_repair = {key: terms for key, terms in TERMS.items() if key != "plan"}
    for terms, back, by_itself in [
        (only_repair, 4 * HOUR - 600, True),
        (only_repair, 4 * HOUR - 599, False),
        ({"stable_for": "10m"}, 400 * HOUR, True),
    ]:
        witness = acted(heard=an_outage(LAST_SEEN + back), terms=terms)
        facts = the_facts(
            a_row(
                restored_at=LAST_SEEN + back,
                documented_at=LAST_SEEN + back if by_itself else None,
                outages=terms,
            ),
            contract=witness.contracts[0],
        )
        assert differences(facts, witness, MONTH_LATER * 1000) == []


def test_a_contract_may_want_a_person_to_document_it() -> None:
    terms = {**TERMS, "repair": {"within": "4h", "self_recovery": "document"}}
    witness = acted(terms=terms)
    facts = the_facts(a_row(documented_at=None, outages=terms), contract=witness.contracts[0])
    assert differences(facts, witness, MONTH_LATER * 1000) == []
    assert len(differences({**facts, "incidents": [a_row(outages=terms)]}, witness, MONTH_LATER * 1000)) == 1


def a_pause(start: int, end: int, reason: str = "parts") -> dict[str, Any]:
    """As the facts tell of it; one that nobody ended, with the end that its maximum of five days sets."""
    times = {"from": format_instant(start), "to": format_instant(end)}
    return {**times, "reason": reason, "awaited": reason, "by": "operator@provider.example"}


@pytest.mark.parametrize("do", ["take", "plan", "pause"])
@pytest.mark.parametrize(("at", "possible"), [(STABLE - 1, [None]), (STABLE, [BACK]), (STABLE + 1, [BACK])])
def test_what_comes_back_while_a_technician_is_at_work_did_not_come_back_by_itself(
    do: str, at: int, possible: list[int | None]
) -> None:
    pauses = [a_pause(at, at + 5 * 86_400)] if do == "pause" else []
    witness = acted(an_act(do, at, reason="parts"))
    assert [
        value for value in (None, BACK) if allows(witness, documented_at=value, pauses=pauses)
    ] == possible


@pytest.mark.parametrize("do", ["resume", "excuse"])
def test_an_excuse_is_no_work_on_the_device(do: str) -> None:
    details = {"stage": "plan", "reason": "storm", "approved_by": "owner@acme.example"}
    asked = {"approved_at": "2026-03-12T04:05:00Z", "asked_by": "operator@provider.example"}
    excuses = [{**details, **asked}] if do == "excuse" else []
    witness = acted(an_act(do, SENT, **details))
    assert allows(witness, documented_at=BACK, excuses=excuses)
    assert not allows(witness, documented_at=None, excuses=excuses)


@pytest.mark.parametrize(
    ("late", "stands"), [(0, True), (UNDERWAY_SECONDS, True), (UNDERWAY_SECONDS + 1, False)]
)
def test_a_repair_documented_before_the_proof_of_a_recovery_stands(late: int, stands: bool) -> None:
    repaired_at = STABLE + late
    witness = acted(an_act("repair", repaired_at))
    assert allows(witness, documented_at=repaired_at) is stands
    assert allows(witness, documented_at=BACK) is not stands


@pytest.mark.parametrize(("age", "fits"), [(LAG_SECONDS, True), (LAG_SECONDS + 1, False)])
def test_a_repair_just_proved_may_not_be_noticed_yet(age: int, fits: bool) -> None:
    now = STABLE + age
    witness = acted(heard=an_outage(until=now))
    assert allows(witness, now, restored_at=None, documented_at=None) is fits
    assert allows(witness, now, restored_at=BACK)


def test_a_retired_device_stays_unrestored_and_what_was_proved_just_before_may_be_unnoticed() -> None:
    retired = the_facts(a_row(restored_at=None, documented_at=None))
    retired["devices"][0]["retired_at"] = a_row(at=STABLE - 1)["at"]
    witness = acted(retired={"modem": STABLE - 1})
    assert differences(retired, witness, MONTH_LATER * 1000) == []
    restored = {**retired, "incidents": [a_row()]}
    assert len(differences(restored, witness, MONTH_LATER * 1000)) == 2
    witness.retired["modem"] = STABLE + LAG_SECONDS
    retired["devices"][0]["retired_at"] = a_row(at=STABLE + LAG_SECONDS)["at"]
    assert differences(retired, witness, MONTH_LATER * 1000) == []
    assert differences(restored, witness, MONTH_LATER * 1000) == []
    witness.retired["modem"] += 1
    retired["devices"][0]["retired_at"] = a_row(at=STABLE + LAG_SECONDS + 1)["at"]
    assert len(differences(retired, witness, MONTH_LATER * 1000)) == 2


def test_pauses_and_excuses_are_those_on_record() -> None:
    excuse = {"stage": "repair", "reason": "client_caused", "approved_by": "owner@acme.example"}
    witness = acted(
        an_act("pause", SENT, reason="awaiting_client"),
        an_act("resume", SENT + 60),
        an_act("excuse", SENT + 90, **excuse),
        an_act("pause", SENT + 120, reason="parts"),
    )
    first = {**a_pause(SENT, SENT + 60, "awaiting_client"), "ended_by": "operator@provider.example"}
    second = a_pause(SENT + 120, SENT + 120 + 5 * 86_400)
    asked = {"approved_at": "2026-03-12T04:06:30Z", "asked_by": "operator@provider.example"}
    excuses = [{**excuse, **asked}]
    row = a_row(documented_at=None, pauses=[second, first], excuses=excuses)
    assert differences(the_facts(row), witness, MONTH_LATER * 1000) == []
    wrong = a_row(documented_at=None, pauses=[first], excuses=[])
    assert differences(the_facts(wrong), witness, MONTH_LATER * 1000) == [
        f"{SAYS} pauses [{first}], what happened says {[first, second]}",
        f"{SAYS} excuses [], what happened says {excuses}",
    ]


@pytest.mark.parametrize(("milliseconds", "is_known"), [(-1_000, False), (-999, True), (0, True)])
def test_an_act_counts_from_the_second_whose_end_is_its_instant(milliseconds: int, is_known: bool) -> None:
    at = STABLE + 2 * HOUR
    terms = {**TERMS, "repair": {"within": "4h", "self_recovery": "document"}}
    witness = acted(an_act("repair", at), heard=an_outage(until=at - 1), terms=terms)
    row = a_row(documented_at=at if is_known else None, outages=terms)
    facts = the_facts(row, contract=witness.contracts[0])
    assert differences(facts, witness, at * 1000 + milliseconds) == []


def test_a_difference_is_a_sentence_that_names_the_incident() -> None:
    witness = told(accepted=[taken(SENT)])
    assert differences(the_facts(a_row(outages={})), witness, MONTH_LATER * 1000) == [
        f"{SAYS} notified_at nothing, what happened says 2026-03-12T04:05:00Z to 2026-03-12T04:05:05Z",
        f"{SAYS} outages {{}}, what happened says {TERMS}",
    ]
    wrong = a_row(device="srv", started_at="2026-03-12T04:00:01Z")
    assert differences(the_facts(wrong), told(), MONTH_LATER * 1000) == [
        f"{SAYS} device srv, what happened says modem",
        f"{SAYS} started_at 2026-03-12T04:00:01Z, what happened says 2026-03-12T04:00:00Z",
    ]


@pytest.mark.parametrize(
    ("waits", "until", "due"),
    [
        ([], 9_000, 3_600),
        ([(600, 900)], 9_000, 3_900),
        ([(600, 900), (800, 1_000), (1_000, 1_100)], 9_000, 4_100),
        ([(3_599, 3_699)], 9_000, 3_700),
        ([(3_600, 3_700)], 9_000, 3_600),
        ([(600, 900), (3_899, 3_999)], 9_000, 4_000),
        ([(-100, 50)], 9_000, 3_650),
        ([(600, 1_000), (700, 800)], 9_000, 4_000),
        ([(600, None)], 700, 3_700),
        ([(600, 900)], 600, 3_600),
    ],
)
def test_a_pause_that_begins_before_the_deadline_moves_it(
    waits: list[tuple[int, int | None]], until: int, due: int
) -> None:
    assert deadline(0, 3_600, waits, until) == due
