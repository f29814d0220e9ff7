"""Facts of a month against what happened: devices, contract, evidence, and which incidents belong."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from support.witnessed import (
    BACK,
    CONTRACT,
    ENROLLED,
    INCIDENT,
    LAST_SEEN,
    MONTH_LATER,
    TERMS,
    a_beat,
    a_row,
    a_witness,
    an_act,
    an_outage,
    evidence,
    quiet,
    taken,
    the_facts,
)

from makegood.rules.instants import parse_instant
from makegood_simulator.reading import LAG_SECONDS, differences
from makegood_simulator.witness import Brought, Enrolled, Witness

STARTS_AT = parse_instant("2026-03-01T05:00:00Z")
ENDS_AT = parse_instant("2026-04-01T04:00:00Z")


def found(facts: dict[str, Any], witness: Witness, now: int = MONTH_LATER) -> list[str]:
    return differences(facts, witness, now * 1000)


def a_quiet_month(**seen: Any) -> Witness:
    return a_witness(*quiet(ENROLLED, MONTH_LATER), **seen)


def test_a_quiet_month_differs_in_nothing() -> None:
    assert found(the_facts(), a_quiet_month()) == []


def test_an_incident_must_be_among_the_facts_and_no_other() -> None:
    witness = a_witness(*an_outage())
    assert found(the_facts(), witness) == [f"incident {INCIDENT}: the facts do not have it"]
    assert found(the_facts(a_row(), a_row()), witness) == [
        f"incident {INCIDENT}: the facts have it more than once"
    ]
    assert found(the_facts(a_row()), a_quiet_month()) == [
        f"incident {INCIDENT}: the facts have it, but it never was"
    ]


@pytest.mark.parametrize(("late", "fits"), [(LAG_SECONDS, True), (LAG_SECONDS + 1, False)])
def test_a_silence_that_goes_on_may_not_have_been_noticed_yet(late: int, fits: bool) -> None:
    witness = a_witness(*quiet(ENROLLED, LAST_SEEN))
    now = LAST_SEEN + 181 + late
    assert (found(the_facts(), witness, now) == []) is fits
    assert found(the_facts(a_row(restored_at=None, documented_at=None, silences=[])), witness, now) == []


def test_a_silence_that_a_beat_has_ended_is_known_at_once() -> None:
    witness = a_witness(*quiet(ENROLLED, LAST_SEEN), a_beat(LAST_SEEN + 181))
    assert found(the_facts(), witness, LAST_SEEN + 181) != []
    assert found(the_facts(), witness, LAST_SEEN + 180) == []


@pytest.mark.parametrize(("late", "fits"), [(0, True), (LAG_SECONDS, True), (LAG_SECONDS + 1, False)])
def test_a_device_may_be_retired_before_its_silence_is_noticed(late: int, fits: bool) -> None:
    witness = a_witness(*quiet(ENROLLED, LAST_SEEN), retired={"modem": LAST_SEEN + 181 + late})
    facts = the_facts()
    facts["devices"][0]["retired_at"] = a_row(at=LAST_SEEN + 181 + late)["at"]
    assert (found(facts, witness) == []) is fits


def test_what_begins_after_the_facts_end_may_be_missing() -> None:
    witness = a_witness(*an_outage())
    assert found(the_facts(as_of="2026-03-12T03:59:59Z"), witness) == []
    assert found(the_facts(as_of="2026-03-12T04:00:00Z"), witness) != []


def test_devices_are_those_that_were_heard() -> None:
    srv = Enrolled("srv", "server", 180, (), ENROLLED)
    witness = a_quiet_month()
    witness.enrolled.append(srv)
    assert found(the_facts(), witness) == []
    witness.heard += quiet(BACK, MONTH_LATER, device="srv")
    assert found(the_facts(), witness) == ["device srv: the facts do not have it"]
    row = {"device": "srv", "kind": "server", "enrolled_at": "2026-03-12T04:30:00Z", "retired_at": None}
    facts = the_facts()
    facts["devices"].append({**row, "practices": []})
    assert found(facts, witness) == []
    assert found(facts, a_quiet_month()) == ["device srv: the facts have it, but it never was"]


@pytest.mark.parametrize(
    "wrong", [{"kind": "server"}, {"enrolled_at": "2026-01-01T05:00:01Z"}, {"practices": []}]
)
def test_a_device_is_as_it_was_enrolled(wrong: dict[str, Any]) -> None:
    facts = the_facts()
    facts["devices"][0].update(wrong)
    (difference,) = found(facts, a_quiet_month())
    assert difference.startswith("device modem: the facts say {")


@pytest.mark.parametrize(("now", "retired"), [(MONTH_LATER - 1, None), (MONTH_LATER, "2026-04-03T13:00:00Z")])
def test_a_device_is_retired_once_that_has_happened(now: int, retired: str | None) -> None:
    facts = the_facts()
    witness = a_quiet_month(retired={"modem": MONTH_LATER})
    witness.heard.insert(1, a_beat(MONTH_LATER - 60, quiet_since=ENROLLED))
    facts["devices"][0]["retired_at"] = retired
    assert found(facts, witness, now) == []
    facts["devices"][0]["retired_at"] = "2026-04-03T12:59:59Z"
    assert len(found(facts, witness, now)) == 1


def test_the_contract_is_the_version_of_the_period() -> None:
    ends = {"effective_until": date(2027, 1, 1)}
    march = {**CONTRACT, "effective_from": date(2026, 3, 1), "monthly_fee": "1.00", **ends}
    april = {**CONTRACT, "effective_from": "2026-04-01", "monthly_fee": "2.00"}
    witness = a_quiet_month(contracts=[CONTRACT, april, march])
    expected = {**CONTRACT, "monthly_fee": "1.00", "effective_until": "2027-01-01"}
    assert found(the_facts(contract=expected), witness) == []
    (difference,) = found(the_facts(), witness)
    assert difference.startswith("contract: the facts say {")


def test_a_version_applied_again_replaces_the_one_of_its_day() -> None:
    witness = a_quiet_month(contracts=[{**CONTRACT, "monthly_fee": "1.00"}, CONTRACT])
    assert found(the_facts(), witness) == []


@pytest.mark.parametrize(
    ("until", "begins"), [("2026-02-28", "2026-03-01"), ("2026-03-01", "2026-01-01"), (None, "2026-01-01")]
)
def test_the_contract_begins_with_the_unbroken_run_of_its_versions(until: str | None, begins: str) -> None:
    ending = {} if until is None else {"effective_until": until}
    march = {**CONTRACT, "effective_from": "2026-03-01"}
    witness = a_quiet_month(contracts=[{**CONTRACT, **ending}, march])
    assert found(the_facts(contract={**CONTRACT, "effective_from": begins}), witness) == []


@pytest.mark.parametrize(("until", "fits"), [("2026-03-01", False), ("2026-03-02", True)])
def test_a_period_after_the_contract_has_none(until: str, fits: bool) -> None:
    ended = {**CONTRACT, "effective_until": until}
    assert (found(the_facts(contract=ended), a_quiet_month(contracts=[ended])) == []) is fits


def test_maintenance_that_nobody_announced_is_noticed() -> None:
    assert len(found(the_facts(maintenance=[{"devices": ["*"]}]), a_quiet_month())) == 1


def an_entry(at: str, practice: str = "backup", **facts: Any) -> dict[str, Any]:
    return {"device": "modem", "practice": practice, "at": at, "facts": facts or {"ok": True}}


def brought(*entries: tuple[str, dict[str, Any]]) -> list[Brought]:
    return [evidence(parse_instant(at), **facts) for at, facts in entries]


def test_of_a_day_the_newest_evidence_counts_and_of_several_at_once_the_last() -> None:
    seen = brought(
        ("2026-03-10T12:00:00Z", {"ok": False}),
        ("2026-03-10T12:00:00Z", {"ok": True}),
        ("2026-03-10T11:59:59Z", {"ok": False}),
    )
    witness = a_quiet_month(brought=seen)
    entry = an_entry("2026-03-10T12:00:00Z")
    name = "evidence of modem, backup at 2026-03-10T12:00:00Z"
    assert found(the_facts(evidence=[entry]), witness) == []
    assert found(the_facts(), witness) == [f"{name}: the facts do not have it"]
    assert found(the_facts(evidence=[entry, entry]), witness) == [f"{name}: the facts have it 2 times"]
    assert found(the_facts(evidence=[an_entry("2026-03-10T12:00:00Z", ok=False)]), witness) == [
        f"{name}: the facts say {{'ok': False}}, what was brought says {{'ok': True}}"
    ]
    older = an_entry("2026-03-10T11:59:59Z", ok=False)
    assert found(the_facts(evidence=[entry, older]), witness) == [
        "evidence of modem, backup at 2026-03-10T11:59:59Z: "
        "the facts have it, but it was not the newest of its day"
    ]


def test_the_days_are_those_of_the_client() -> None:
    times = ["2026-03-11T03:59:59Z", "2026-03-11T04:00:00Z"]
    witness = a_quiet_month(brought=brought(*((at, {"ok": True}) for at in times)))
    assert found(the_facts(evidence=[an_entry(at) for at in times]), witness) == []
    assert len(found(the_facts(evidence=[an_entry(times[1])]), witness)) == 1


@pytest.mark.parametrize(
    ("at", "practice", "is_needed"),
    [
        (STARTS_AT, "backup", True),
        (STARTS_AT - 1, "backup", True),
        (STARTS_AT - 86_400, "backup", True),
        (STARTS_AT - 86_401, "backup", False),
        (STARTS_AT - 12 * 3_600, "patching", True),
        (STARTS_AT - 12 * 3_600 - 1, "patching", False),
        (ENDS_AT - 1, "backup", True),
        (ENDS_AT, "backup", False),
        (STARTS_AT, "antivirus", False),
    ],
)
def test_evidence_is_needed_that_a_day_of_the_period_looks_at(
    at: int, practice: str, is_needed: bool
) -> None:
    witness = a_quiet_month(brought=[evidence(at, practice)])
    assert (found(the_facts(), witness) != []) is is_needed
    entry = an_entry(a_row(at=at)["at"], practice)
    assert found(the_facts(evidence=[entry]), witness) == []


@pytest.mark.parametrize(("at", "is_needed"), [(STARTS_AT + 43_200, True), (STARTS_AT + 43_199, False)])
def test_evidence_too_old_at_the_end_of_its_own_day_is_not_needed(at: int, is_needed: bool) -> None:
    contract = {**CONTRACT, "practices": {"backup": {"max_age": "12h"}}}
    witness = a_quiet_month(brought=[evidence(at)], contracts=[contract])
    assert (found(the_facts(contract=contract), witness) != []) is is_needed


def test_of_the_time_before_the_period_only_the_newest_evidence_is_looked_at() -> None:
    day_before, two_before = STARTS_AT - 60, STARTS_AT - 40_000 - 86_400
    contract = {**CONTRACT, "practices": {"backup": {"max_age": "31d"}}}
    for times in ([day_before, two_before], [two_before, day_before]):
        witness = a_quiet_month(brought=[evidence(at) for at in times], contracts=[contract])
        (difference,) = found(the_facts(contract=contract), witness)
        assert difference == "evidence of modem, backup at 2026-03-01T04:59:00Z: the facts do not have it"


def test_evidence_that_is_not_known_yet_and_of_what_was_never_heard_is_not_needed() -> None:
    witness = a_quiet_month(brought=[evidence(LAST_SEEN, device="srv")])
    witness.enrolled.append(Enrolled("srv", "server", 180, ("backup",), ENROLLED))
    assert found(the_facts(), witness) == []
    later = a_quiet_month(brought=[evidence(LAST_SEEN)])
    assert found(the_facts(as_of="2026-03-12T03:59:59Z"), later) == []
    assert found(the_facts(as_of="2026-03-12T04:00:00Z"), later) != []
    not_brought = a_witness(*quiet(ENROLLED, LAST_SEEN), brought=[evidence(LAST_SEEN + 1)])
    assert found(the_facts(), not_brought, LAST_SEEN) == []
    assert found(the_facts(), not_brought, LAST_SEEN + 1) != []


def in_april(**terms: Any) -> dict[str, Any]:
    """The facts of April, when the incident of March is over, without it."""
    contract = {**CONTRACT, "outages": {"stable_for": "10m", **terms}}
    return the_facts(period="2026-04", as_of="2026-05-03T13:00:00Z", contract=contract)


def test_a_contract_that_begins_again_after_its_end_is_to_be_told_with_that_day() -> None:
    first = {**CONTRACT, "effective_until": "2026-03-20"}
    then = {**CONTRACT, "effective_from": "2026-05-01"}
    witness = a_witness()
    for versions, wanted in (([first], None), ([first, then], "2026-05-01")):
        witness.contracts = list(versions)
        for said in (None, "2026-05-01", "2026-06-01"):
            facts = the_facts(contract=first, **({"returns_on": said} if said else {}))
            wrong = [each for each in found(facts, witness) if "returns on" in each]
            assert bool(wrong) is (said != wanted)


def is_history(witness: Witness, facts: dict[str, Any]) -> bool:
    witness.contracts = [facts["contract"]]
    return found(facts, witness) == []


def test_an_incident_that_was_over_before_the_period_may_be_missing() -> None:
    assert is_history(a_witness(*an_outage()), in_april())
    assert is_history(a_witness(*an_outage(), accepted=[taken(LAST_SEEN)]), in_april(**TERMS))


@pytest.mark.parametrize(("late", "is_over"), [(-1, True), (0, True), (1, False)])
def test_an_outage_that_reaches_into_the_period_belongs_to_it(late: int, is_over: bool) -> None:
    heard = [*quiet(ENROLLED, LAST_SEEN), *quiet(ENDS_AT + late, MONTH_LATER)]
    assert is_history(a_witness(*heard), in_april()) is is_over


@pytest.mark.parametrize(("within", "is_over"), [(-1, True), (0, False), (1, False)])
def test_a_deadline_in_the_period_belongs_to_it(within: int, is_over: bool) -> None:
    seconds = ENDS_AT - LAST_SEEN + within
    assert is_history(a_witness(*an_outage()), in_april(repair={"within": f"{seconds}s"})) is is_over


@pytest.mark.parametrize(("length", "is_over"), [(599, True), (600, False)])
def test_a_pause_can_move_the_deadline_of_the_plan_into_the_period(length: int, is_over: bool) -> None:
    within = f"{ENDS_AT - LAST_SEEN - 600}s"
    pause = an_act("pause", LAST_SEEN + 60, reason="parts")
    acts = [pause, an_act("resume", LAST_SEEN + 60 + length), an_act("repair", LAST_SEEN + 9_000)]
    for stage, is_over_for_it in [("plan", is_over), ("repair", is_over), ("notify", True)]:
        witness = a_witness(*quiet(ENROLLED, LAST_SEEN), *quiet(LAST_SEEN + 9_000, MONTH_LATER), acts=acts)
        assert is_history(witness, in_april(**{stage: {"within": within}})) is is_over_for_it


def test_lateness_that_reaches_into_the_period_belongs_to_it() -> None:
    late = {"within": "4h", "then": {"every": "1h", "refund": "2%"}}
    take = an_act("take", LAST_SEEN + 60)
    for repaired_at, is_over in [(ENDS_AT, True), (ENDS_AT + 1, False)]:
        witness = a_witness(*an_outage(), acts=[take, an_act("repair", repaired_at)])
        assert is_history(witness, in_april(repair=late)) is is_over
    assert not is_history(a_witness(*an_outage(), acts=[take]), in_april(repair=late))
    assert is_history(a_witness(*an_outage(), acts=[take]), in_april(repair={"within": "4h"}))


@pytest.mark.parametrize(("restored", "is_over"), [(3_600, True), (3_601, False)])
def test_a_plan_that_was_not_required_is_not_late(restored: int, is_over: bool) -> None:
    late = {"within": "1h", "then": {"every": "1h", "refund": "2%"}}
    heard = [*quiet(ENROLLED, LAST_SEEN), *quiet(LAST_SEEN + restored, MONTH_LATER)]
    assert is_history(a_witness(*heard), in_april(plan=late)) is is_over


@pytest.mark.parametrize(("late", "is_over"), [(0, True), (1, False)])
def test_a_device_retired_before_the_period_owes_nothing_in_it(late: int, is_over: bool) -> None:
    terms = {"within": "4h", "then": {"every": "1h", "refund": "2%"}}
    witness = a_witness(*quiet(ENROLLED, LAST_SEEN), retired={"modem": ENDS_AT + late})
    facts = in_april(repair=terms)
    facts["devices"][0]["retired_at"] = a_row(at=ENDS_AT + late)["at"]
    assert is_history(witness, facts) is is_over
