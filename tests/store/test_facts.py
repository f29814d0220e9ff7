"""Which facts of a month are gathered, and which are left out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.cast import ACME, a_contract, sign_up
from support.deployment import Deployment

from makegood.rules.instants import parse_instant
from makegood.rules.proof import canonical
from makegood.rules.statements import compute
from makegood.storage.facts import NotCoveredError, gather_facts
from makegood.storage.records import ContractVersion, Evidence, Incident, Maintenance
from makegood_local.load_facts import store_facts

ALL_PRACTICES = Path(__file__).parents[1] / "vectors" / "17-all-six-practices.json"
MARCH_ISSUE = parse_instant("2026-04-03T13:00:00Z")

pytestmark = pytest.mark.usefixtures("deployment")


def gathered(facts: dict[str, Any]) -> dict[str, Any]:
    return gather_facts(facts["contract"]["client"], facts["period"], parse_instant(facts["as_of"]))


def test_gathering_twice_gives_the_same_bytes() -> None:
    facts = json.loads(ALL_PRACTICES.read_text())["facts"]
    store_facts(facts)
    assert canonical(gathered(facts)) == canonical(gathered(facts))


def test_practices_keep_the_order_of_the_contract_in_json() -> None:
    practices = {"restore_test": {"max_age": "31d"}, "backup": {"max_age": "1d"}}
    sign_up(a_contract(practices=practices))
    facts = json.loads(canonical(gather_facts("acme-dental", "2026-03", MARCH_ISSUE)))
    assert list(facts["contract"]["practices"]) == ["restore_test", "backup"]


# Contract versions: January's begins on the 15th, March's follows it, the one of June leaves a gap.


def add_version(effective_from: str, **changes: Any) -> None:
    terms = a_contract(effective_from=effective_from, **changes)
    ContractVersion(
        "acme-dental", f"contract#{effective_from}", terms=terms, applied_at=0, applied_by="tests"
    ).save()


def contract_of(period: str) -> dict[str, Any]:
    contract = gather_facts("acme-dental", period, MARCH_ISSUE)["contract"]
    assert isinstance(contract, dict)
    return contract


def test_a_month_has_the_version_that_was_in_force_during_it() -> None:
    add_version("2026-01-15", monthly_fee="100.00")
    add_version("2026-03-01", monthly_fee="200.00")
    assert contract_of("2026-01")["monthly_fee"] == "100.00"
    assert contract_of("2026-02")["monthly_fee"] == "100.00"
    assert contract_of("2026-03")["monthly_fee"] == "200.00"


def test_a_contract_covers_from_the_first_of_the_versions_without_a_gap() -> None:
    add_version("2026-01-15")
    add_version("2026-03-01", effective_until="2026-04-20")
    add_version("2026-06-01")
    assert contract_of("2026-03")["effective_from"] == "2026-01-15"
    assert contract_of("2026-06")["effective_from"] == "2026-06-01"


def test_versions_that_touch_leave_no_gap() -> None:
    add_version("2026-01-15", effective_until="2026-03-01")
    add_version("2026-03-01")
    assert contract_of("2026-03")["effective_from"] == "2026-01-15"


def test_an_end_that_the_next_version_follows_is_none_and_another_stays() -> None:
    add_version("2026-01-15", effective_until="2026-03-01")
    add_version("2026-03-01", effective_until="2026-04-01")
    assert "effective_until" not in contract_of("2026-02")
    assert contract_of("2026-03")["effective_until"] == "2026-04-01"


def test_an_end_after_which_the_contract_begins_again_is_told_with_the_day_on_which_it_does() -> None:
    add_version("2026-01-15", effective_until="2026-03-20")
    assert "returns_on" not in gather_facts("acme-dental", "2026-03", 0)
    add_version("2026-05-01", effective_until="2026-06-01")
    add_version("2026-06-01", effective_until="2026-06-10")
    march = gather_facts("acme-dental", "2026-03", 0)
    assert (march["contract"]["effective_until"], march["returns_on"]) == ("2026-03-20", "2026-05-01")
    for period in ("2026-05", "2026-06"):
        assert "returns_on" not in gather_facts("acme-dental", period, 0)


def test_a_month_that_no_version_covers_has_no_facts() -> None:
    add_version("2026-01-15", effective_until="2026-04-20")
    add_version("2026-06-01")
    for period in ("2025-12", "2026-05"):
        with pytest.raises(NotCoveredError, match=period):
            contract_of(period)
    assert contract_of("2026-04")["effective_until"] == "2026-04-20"


def test_a_month_whose_contract_ends_with_its_first_instant_is_not_covered() -> None:
    add_version("2026-01-15", effective_until="2026-04-01")
    with pytest.raises(NotCoveredError):
        contract_of("2026-04")


def test_what_an_incident_of_the_version_before_owes_stays_owed() -> None:
    """Begun under the old terms on the last day of February, repaired in March eleven hours late."""
    old = {"repair": {"within": "4h", "refund": "10%", "then": {"every": "1h", "refund": "1%"}}}
    incident: dict[str, Any] = {
        "incident": "modem-20260228T230000Z",
        "device": "modem",
        "started_at": "2026-02-28T23:00:00Z",
        "notified_at": None,
        "planned_at": None,
        "restored_at": "2026-03-01T14:00:00Z",
        "documented_at": "2026-03-01T14:00:00Z",
        "pauses": [],
        "excuses": [],
        "outages": old,
    }
    store_facts({**a_month(), "incidents": [incident], "contract": a_contract(outages=old)})
    add_version("2026-03-01", monthly_fee="1000.00", outages={}, practices={})
    statement = compute(gather_facts("acme-dental", "2026-03", MARCH_ISSUE))
    # The deadline, 22:00 local, is February's; nine of the eleven hours began in March.
    assert statement["refunds"] == [
        {"line": "modem-20260228T230000Z/repair/late", "earned_cents": 9000, "payable_cents": 9000}
    ]


# What is left out, and what must not be.


def a_month(**changes: Any) -> dict[str, Any]:
    modem = {
        "device": "modem",
        "kind": "router",
        "enrolled_at": "2026-01-01T05:00:00Z",
        "retired_at": None,
        "practices": ["backup"],
    }
    return {
        "contract": ACME,
        "period": "2026-03",
        "as_of": "2026-04-03T13:00:00Z",
        "devices": [modem],
        "incidents": [],
        "evidence": [],
        "maintenance": [],
        "adjustments": [],
        **changes,
    }


def an_incident(**times: Any) -> dict[str, Any]:
    """An outage of February that was told, planned, repaired and documented, all within its limits."""
    return {
        "incident": "modem-20260210T080000Z",
        "device": "modem",
        "started_at": "2026-02-10T08:00:00Z",
        "notified_at": "2026-02-10T08:05:00Z",
        "planned_at": "2026-02-10T08:30:00Z",
        "restored_at": "2026-02-10T09:00:00Z",
        "documented_at": "2026-02-10T09:10:00Z",
        "pauses": [],
        "excuses": [],
        **times,
    }


def incidents_in_march(**times: Any) -> list[str]:
    facts = a_month(incidents=[an_incident(**times)])
    store_facts(facts)
    return [incident["incident"] for incident in gathered(facts)["incidents"]]


def test_an_incident_that_was_over_before_the_month_is_left_out() -> None:
    assert incidents_in_march() == []


@pytest.mark.parametrize(
    "times",
    [
        {"restored_at": None, "documented_at": None},
        {"documented_at": None},
        {"planned_at": None, "restored_at": "2026-02-10T12:00:00Z", "documented_at": "2026-02-10T12:00:00Z"},
        {"notified_at": None},
        {"documented_at": "2026-03-01T05:00:00Z"},
        {"restored_at": "2026-03-01T05:00:00Z", "documented_at": "2026-03-01T05:00:00Z"},
        {
            "pauses": [
                {"from": "2026-02-10T08:10:00Z", "to": "2026-03-10T08:10:00Z", "reason": "awaiting_client"}
            ],
            "planned_at": "2026-03-01T05:00:00Z",
        },
    ],
    ids=[
        "still down",
        "not documented",
        "never planned, though down past the limit",
        "never notified",
        "documented in the month's first second",
        "back in the month's first second",
        "paused into the month",
    ],
)
def test_an_incident_that_may_still_owe_something_is_told(times: dict[str, Any]) -> None:
    assert incidents_in_march(**times) == ["modem-20260210T080000Z"]


def test_an_incident_whose_deadline_lies_in_the_month_is_told_though_all_was_done_before_it() -> None:
    """Half an hour before midnight in New York; the plan's hour ends in March."""
    times = ("started_at", "notified_at", "planned_at", "restored_at", "documented_at")
    minutes = ("30", "35", "40", "45", "50")
    early = {time: f"2026-03-01T04:{minute}:00Z" for time, minute in zip(times, minutes, strict=True)}
    assert incidents_in_march(**early) == ["modem-20260210T080000Z"]


def test_maintenance_is_told_when_it_reaches_into_the_month() -> None:
    """March in New York: from 05:00 on the 1st to 04:00 on 1 April, UTC."""
    windows = [
        {"devices": ["*"], "from": start, "to": end, "announced_at": "2026-01-01T00:00:00Z"}
        for start, end in (
            ("2026-03-01T04:00:00Z", "2026-03-01T05:00:00Z"),
            ("2026-03-01T04:00:00Z", "2026-03-01T05:00:01Z"),
            ("2026-04-01T03:59:59Z", "2026-04-01T05:00:00Z"),
            ("2026-04-01T04:00:00Z", "2026-04-01T05:00:00Z"),
        )
    ]
    facts = a_month(maintenance=windows)
    store_facts(facts)
    assert gathered(facts)["maintenance"] == windows[1:3]


def test_an_incident_of_a_device_retired_before_the_month_is_left_out_once_nothing_can_follow() -> None:
    retired = {**a_month()["devices"][0], "retired_at": "2026-02-10T08:20:00Z"}
    gone = {"planned_at": None, "restored_at": None, "documented_at": None}
    facts = a_month(devices=[retired], incidents=[an_incident(**gone)])
    store_facts(facts)
    assert gathered(facts)["incidents"] == []


def test_evidence_reaches_back_as_far_as_the_oldest_that_counts() -> None:
    """Two local days in New York: evidence of 28 February counts for 1 March, anything older for no day."""
    practices = {"backup": {"max_age": "2d"}, "patching": {"max_age": "12h"}}
    times = ["2026-02-28T04:59:59Z", "2026-02-28T05:00:00Z", "2026-04-01T03:59:59Z", "2026-04-01T04:00:00Z"]
    evidence = [{"device": "modem", "practice": "backup", "at": at, "facts": {"ok": True}} for at in times]
    facts = a_month(contract=a_contract(practices=practices), evidence=evidence)
    store_facts(facts)
    assert [entry["at"] for entry in gathered(facts)["evidence"]] == times[1:3]


def test_what_names_a_device_that_was_never_seen_is_left_out() -> None:
    facts = a_month(maintenance=[])
    store_facts(facts)
    Evidence(
        "acme-dental",
        "evidence#2026-03-05#ghost#backup",
        device="ghost",
        practice="backup",
        at=parse_instant("2026-03-05T12:00:00Z"),
        facts={"ok": True},
    ).save()
    start = parse_instant("2026-03-05T12:00:00Z")
    for number, devices in enumerate((["ghost"], ["ghost", "modem"])):
        Maintenance(
            "acme-dental",
            f"maintenance#{number}",
            client="acme-dental",
            maintenance=str(number),
            devices=devices,
            start=start,
            end=start + 3600,
            announced_at=0,
            announced_by="tests",
        ).save()
    found = gathered(facts)
    assert found["evidence"] == []
    assert [window["devices"] for window in found["maintenance"]] == [["modem"]]


def test_an_incident_carries_the_terms_it_began_with_even_when_there_were_none() -> None:
    facts = a_month(incidents=[an_incident(restored_at=None, documented_at=None)])
    store_facts(facts)
    Incident("acme-dental", "incident#modem-20260210T080000Z").update(actions=[Incident.terms.set({})])
    assert gathered(facts)["incidents"][0]["outages"] == {}


def test_another_client_is_never_read(deployment: Deployment) -> None:
    store_facts(a_month(incidents=[an_incident(restored_at=None)]))
    sign_up(a_contract(client="acme"))
    assert gather_facts("acme", "2026-03", MARCH_ISSUE)["incidents"] == []
