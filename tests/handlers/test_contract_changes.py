"""A contract that changes while an incident runs changes nothing for it but whom its mails go to."""

from __future__ import annotations

from typing import Any

import pytest
from support.cast import DESK, GRACE, HOUR, MINUTE, OWNER, START, a_contract, an_up_device
from support.deployment import Deployment

import sweep
from makegood.advancing import advance
from makegood.rules.instants import parse_instant
from makegood.rules.statements import compute
from makegood.storage.cases import Case, load_case
from makegood.storage.changes import Operator
from makegood.storage.clients import apply_contract
from makegood.storage.contracts import versions_of
from makegood.storage.facts import gather_facts
from makegood_simulator.events import Context, schedule_event

CLIENT = "acme-dental"
# The last evening of March in New York: 23:30.
LAST = parse_instant("2026-04-01T03:30:00Z")
NAME = "modem-20260401T033000Z"
LADDER = {"warnings": ["50%"], "escalation": [{"after": "0m", "to": "oncall@provider.example"}]}
BEFORE = a_contract(outages={**a_contract()["outages"], **LADDER})


def apply(at: int, **changes: Any) -> None:
    apply_contract({**BEFORE, **changes}, Operator("tess", at), 180, backdated=not versions_of(CLIENT))


@pytest.fixture(autouse=True)
def silent(deployment: Deployment) -> None:
    """The modem is silent since half an hour before April, with its incident open."""
    apply(START)
    an_up_device("modem", last_seen=LAST)
    deployment.now = LAST + GRACE + 10
    sweep.handler(schedule_event(), Context())
    advance(CLIENT, NAME, deployment.now)


def the_case(at: int) -> Case:
    case = load_case(CLIENT, NAME, at)
    assert case is not None
    return case


def a_shorter_april(at: int) -> None:
    """From April on a plan is due in ten minutes and the ladder is another one."""
    outages = {
        **BEFORE["outages"],
        "plan": {"within": "31m", "refund": "50%"},
        "warnings": ["10%"],
        "escalation": [{"after": "0m", "to": "new@provider.example"}],
    }
    apply(at, effective_from="2026-04-01", outages=outages, monthly_fee="9999.00")


def test_a_new_version_moves_no_clock_of_an_incident_that_has_begun(deployment: Deployment) -> None:
    before = the_case(deployment.now).terms
    a_shorter_april(deployment.now)
    assert the_case(LAST + 3 * HOUR).terms == before
    facts = gather_facts(CLIENT, "2026-04", LAST + 3 * HOUR)
    statement: Any = compute(facts)
    stages = {stage["stage"]: stage["deadline"] for stage in statement["stages"]}
    assert stages["plan"] == "2026-04-01T04:30:00Z"
    (plan,) = [line for line in statement["refunds"] if line["line"].endswith("/plan")]
    assert plan["earned_cents"] == 49_995  # 5 % of April's fee, as the incident's own terms say


def test_its_warnings_and_its_ladder_stay_too(deployment: Deployment) -> None:
    a_shorter_april(deployment.now)
    terms = the_case(LAST + 3 * HOUR).terms
    assert terms.warnings == (50,)
    assert [level.to for level in terms.escalation] == ["oncall@provider.example"]


def test_the_ladder_of_the_running_version_changes_only_what_opens_later(deployment: Deployment) -> None:
    newer = {**BEFORE["outages"], "escalation": [{"after": "0m", "to": "new@provider.example"}]}
    apply(deployment.now, outages=newer)
    assert [level.to for level in the_case(deployment.now).terms.escalation] == ["oncall@provider.example"]
    an_up_device("nas", last_seen=deployment.now)
    deployment.now += GRACE + 10
    sweep.handler(schedule_event(), Context())
    later = load_case(CLIENT, "nas-20260401T033310Z", deployment.now)
    assert later is not None
    assert [level.to for level in later.terms.escalation] == ["new@provider.example"]


def test_its_mails_go_to_the_contacts_of_the_day_they_leave(deployment: Deployment) -> None:
    assert {mail["To"] for mail in deployment.mails} >= {DESK, OWNER}
    contacts = {"outages": ["night@acme.example"], "statements": [OWNER]}
    apply(deployment.now, contacts=contacts)
    deployment.mails.clear()
    deployment.now += MINUTE
    advance(CLIENT, NAME, deployment.now)
    assert "night@acme.example" in {mail["To"] for mail in deployment.mails}
    assert DESK not in {mail["To"] for mail in deployment.mails}
