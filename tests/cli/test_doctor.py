"""`makegood doctor`: a deployment that is well has no finding, each fault exactly its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from cli.conftest import Makegood
from support.cast import START, a_contract, an_up_device, sign_up
from support.faults import FAULTS, Spoil, a_new_schedule, an_incident, canary_last_heard
from support.sick import RESOURCES, Patient, a_patient, refused

from makegood.storage.devices import Device
from makegood.timers import start_timer
from makegood_cli import doctor as doctor_module
from makegood_cli.checks import waiting


@pytest.fixture
def patient(makegood: Makegood, monkeypatch: pytest.MonkeyPatch) -> Iterator[Patient]:
    monkeypatch.setattr(doctor_module, "stack_resources", lambda _: [list(each) for each in RESOURCES])
    monkeypatch.setattr(waiting, "SECONDS_BETWEEN", 0)
    with a_patient(makegood.deployment) as well:
        yield well


def examine(makegood: Makegood, *options: str, exits: int = 1) -> Any:
    return json.loads(makegood.says("doctor", "--json", *options, exits=exits))


def test_a_deployment_that_is_well_has_no_finding(makegood: Makegood, patient: Patient) -> None:
    said = examine(makegood, exits=0)
    assert (said["findings"], said["unchecked"]) == ([], [])
    assert {each["state"] for each in said["checks"]} == {"ok"}
    assert [each["check"] for each in said["checks"]] == [check.name for check in doctor_module.CHECKS]
    assert said["at"] == "2026-03-12T04:00:00Z"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_and_nothing_else(makegood: Makegood, patient: Patient, fault: str) -> None:
    spoil, check, where, what = FAULTS[fault]
    spoil(patient)
    said = examine(makegood)
    [found] = said["findings"]
    assert (found["check"], found["where"]) == (check, where)
    assert found["what"].startswith(what)
    assert found["cure"]
    assert said["unchecked"] == []
    assert {each["check"] for each in said["checks"] if each["state"] != "ok"} == {check}


def test_every_check_has_a_fault_that_shows_it_works() -> None:
    assert {check for _, check, _, _ in FAULTS.values()} == {check.name for check in doctor_module.CHECKS}


NO_FAULTS: dict[str, Spoil] = {
    "canary just in time": lambda _: canary_last_heard(START - 150),
    "a clock that is nearly right": lambda p: setattr(p, "skew", 5),
    "a queue that drains": lambda p: p.messages.update({"https://sqs/statements": [5, 5, 5, 4]}),
    "enough functions": lambda p: setattr(p, "concurrency", 12),
    "the address itself verified": lambda p: p.identities.update(
        {"provider.example": False, "guarantee@provider.example": True}
    ),
    "no MAIL FROM domain": lambda p: p.mail_from.clear(),
    "no limit of mails": lambda p: p.account["SendQuota"].update(MaxSendRate=-1, Max24HourSend=-1),
    "an incident with its timer": lambda p: start_timer(an_incident(p)),
    "a retired device": lambda _: an_up_device("slow", grace_seconds=270).update(
        actions=[Device.state.set("retired")]
    ),
    "the grace that can just be kept": lambda _: an_up_device("slow", grace_seconds=269),
    "somebody else held back": lambda p: p.held.update({"x@elsewhere.example": "BOUNCE"}),
}


@pytest.mark.parametrize("case", NO_FAULTS)
def test_what_is_no_fault_is_not_found(makegood: Makegood, patient: Patient, case: str) -> None:
    NO_FAULTS[case](patient)
    assert examine(makegood, exits=0)["findings"] == []


def test_a_contract_that_is_over_is_not_judged_any_more(makegood: Makegood, patient: Patient) -> None:
    sign_up(a_contract(effective_from="2025-06-01", outages={"notify": {"within": "10m"}}))
    assert examine(makegood, exits=0)["findings"] == []
    sign_up(a_contract(effective_from="2026-06-01", outages={"notify": {"within": "10m"}}))
    [found] = examine(makegood)["findings"]
    assert found["where"] == "contract of acme-dental from 2026-06-01"


UNCHECKED: dict[str, tuple[str, Exception, str]] = {
    "no permission": (
        "DescribeAlarms",
        refused("AccessDenied", "not authorized"),
        "Your AWS credentials lack the permission for Something: not authorized",
    ),
    "an embedded AWS without the operation": (
        "GetSuppressedDestination",
        refused("NotFoundException", "Unknown SES v2 path: GET /v2/email/suppression/addresses/x"),
        "this AWS does not know Something",
    ),
}


@pytest.mark.parametrize("case", UNCHECKED)
def test_what_aws_does_not_answer_is_not_called_fine(makegood: Makegood, patient: Patient, case: str) -> None:
    operation, refusal, why = UNCHECKED[case]
    patient.refusals[operation] = refusal
    said = examine(makegood, exits=0)
    [unchecked] = said["unchecked"]
    assert unchecked["why"] == why
    assert [each["check"] for each in said["checks"] if each["state"] == "unknown"] == [unchecked["check"]]
    examine(makegood, "--strict", exits=3)
    text = makegood.says("doctor")
    assert f"  unknown  {unchecked['check']}: could not be checked: {why}\n" in text
    assert text.endswith("Nothing found in 20 checks; 1 could not be checked.\n")


def test_what_is_too_young_to_be_judged_is_not_called_fine(makegood: Makegood, patient: Patient) -> None:
    patient.ran["SweepFunctionEveryMinute"] = 0
    a_new_schedule(patient, CreationDate=datetime.fromtimestamp(START - 299, UTC))
    patient.alarms["makegood-SweepErrors"]["StateValue"] = "INSUFFICIENT_DATA"
    Device.get("canary", "canary").delete()
    patient.created = datetime.fromtimestamp(START - 299, UTC)
    unchecked = {each["check"] for each in examine(makegood, exits=0)["unchecked"]}
    assert unchecked == {"schedules", "alarms", "canary"}
    patient.created = datetime.fromtimestamp(START - 300, UTC)
    assert [each["check"] for each in examine(makegood)["findings"]] == ["canary"]


def test_people_read_what_it_is_and_what_cures_it(makegood: Makegood, patient: Patient) -> None:
    assert makegood.says("doctor").startswith(
        "makegood in eu-west-1, 2026-03-12T04:00:00Z by AWS's clock\n\n"
        "  ok       stack: makegood is UPDATE_COMPLETE\n"
    )
    patient.subscriptions.clear()
    said = makegood.says("doctor", exits=1)
    assert (
        "  FAULT    alarm topic: alarm topic\n"
        "             what  nobody is subscribed, so an alarm reaches nobody\n"
        "             cure  deploy with AlarmEmail, or aws sns subscribe --topic-arn"
    ) in said
    assert said.endswith("1 fault in 20 checks.\n")
