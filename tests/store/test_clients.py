"""Applying contracts: once, twice, two at once, and beside the devices that are enrolled."""

from __future__ import annotations

from typing import Any

import pytest
from support.cast import a_contract, enroll
from support.deployment import Deployment
from support.rivals import first_does

from makegood.rules.contracts import ContractError
from makegood.rules.instants import parse_instant
from makegood.rules.versions import Change
from makegood.storage.changes import Operator, find_client
from makegood.storage.clients import apply_contract
from makegood.storage.contracts import versions_of
from makegood.storage.devices import RETIRED
from makegood.storage.records import AuditEntry, ClientEntry

NOW = parse_instant("2026-01-15T12:00:00Z")
TESS = Operator("arn:aws:iam::123456789012:user/tess (tess)", NOW)
TOM = Operator("arn:aws:iam::123456789012:user/tom (tom)", NOW)
DETECTION = 180
CLIENT = "acme-dental"


def apply(contract: dict[str, Any], operator: Operator = TESS, **more: Any) -> Change:
    return apply_contract(contract, operator, DETECTION, **more)


def audit() -> list[str]:
    entries = AuditEntry.query(CLIENT, AuditEntry.sk.startswith("audit#"))
    return [f"{entry.who.split('/')[1]}: {entry.what}" for entry in entries]


def next_period() -> str:
    entry = find_client(CLIENT)
    assert entry is not None
    return entry.next_period


def test_the_first_contract_makes_the_client(deployment: Deployment) -> None:
    assert apply(a_contract()) is Change.CREATED
    assert [version.written for version in versions_of(CLIENT)] == [a_contract()]
    assert next_period() == "2026-01"
    assert audit() == ["tess (tess): contract of 2026-01-01 created"]


def test_the_same_twice_is_once(deployment: Deployment) -> None:
    apply(a_contract())
    assert apply(a_contract(), TOM) is Change.UNCHANGED
    assert audit() == ["tess (tess): contract of 2026-01-01 created"]


def test_a_later_version_leaves_the_first_and_the_next_statement_alone(deployment: Deployment) -> None:
    apply(a_contract())
    later = a_contract(effective_from="2026-02-01", monthly_fee="3000.00")
    assert apply(later) is Change.ADDED
    assert [version.written for version in versions_of(CLIENT)] == [a_contract(), later]
    assert next_period() == "2026-01"


def test_the_audit_trail_says_what_was_there_before(deployment: Deployment) -> None:
    apply(a_contract())
    apply(a_contract(name="Acme Ltd"), TOM)
    assert audit()[1] == ('tom (tom): contract of 2026-01-01 updated: name "Acme Dental Group" -> "Acme Ltd"')


def test_a_version_in_front_takes_the_next_statement_with_it(deployment: Deployment) -> None:
    apply(a_contract(effective_from="2026-06-01"))
    assert next_period() == "2026-06"
    apply(a_contract(effective_from="2026-01-20"))
    assert next_period() == "2026-01"


def test_a_wrong_contract_leaves_nothing_behind(deployment: Deployment) -> None:
    with pytest.raises(ContractError):
        apply(a_contract(monthly_fee="much"))
    assert find_client(CLIENT) is None
    assert versions_of(CLIENT) == []


def test_of_two_first_contracts_at_once_the_second_sees_the_first(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    first_does(monkeypatch, lambda: apply(a_contract(), TOM))
    assert apply(a_contract()) is Change.UNCHANGED
    assert audit() == ["tom (tom): contract of 2026-01-01 created"]


def test_of_two_versions_at_once_the_second_is_judged_anew(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(a_contract(effective_from="2026-06-01"))
    first_does(monkeypatch, lambda: apply(a_contract(effective_from="2026-01-10"), TOM))
    with pytest.raises(ContractError, match="must be after 2026-01-10"):
        apply(a_contract(effective_from="2026-01-01"))
    assert [str(version.contract.effective_from) for version in versions_of(CLIENT)] == [
        "2026-01-10",
        "2026-06-01",
    ]


def test_a_month_that_is_closed_meanwhile_stays_as_it_is(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(a_contract(effective_from="2025-10-01"), backdated=True)

    def close_december() -> None:
        entry = find_client(CLIENT)
        assert entry is not None
        entry.update(actions=[ClientEntry.next_period.set("2026-01")])

    first_does(monkeypatch, close_december)
    with pytest.raises(ContractError, match="month with a statement"):
        apply(a_contract(effective_from="2025-12-01", monthly_fee="1.00"), backdated=True)


def test_terms_that_cannot_be_kept_are_refused_by_the_longest_grace(deployment: Deployment) -> None:
    apply(a_contract())
    enroll("srv", grace_seconds=200)
    enroll("nas", grace_seconds=269)
    later = a_contract(effective_from="2026-02-01")
    later["outages"] = {"notify": {"within": "898s"}}
    with pytest.raises(ContractError, match=r"outages\.notify\.within: must be longer than 898s"):
        apply(later)
    later["outages"] = {"notify": {"within": "899s"}}
    assert apply(later) is Change.ADDED


def test_a_retired_device_limits_nothing(deployment: Deployment) -> None:
    enroll("old", grace_seconds=100_000, state=RETIRED)
    assert apply(a_contract()) is Change.CREATED


def test_contacts_change_even_when_the_terms_could_not_be_kept(deployment: Deployment) -> None:
    apply(a_contract())
    enroll("srv", grace_seconds=100_000)
    contacts = {"outages": ["new@acme.example"], "statements": ["new@acme.example"]}
    assert apply(a_contract(contacts=contacts)) is Change.UPDATED
