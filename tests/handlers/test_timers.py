"""Arming an incident's timer: once while it runs, anew when it is gone."""

from __future__ import annotations

import json

import boto3
import pytest
from support.cast import GRACE, START, an_up_device, sign_up
from support.deployment import Deployment

from makegood.storage.contracts import versions_of
from makegood.storage.incidents import find_incident, open_incident
from makegood.storage.records import Incident
from makegood.timers import arm, start_timer
from makegood_simulator.cloud import timer_machine

NAME = "acme-dental_modem_20260312T040000Z"


@pytest.fixture
def incident(deployment: Deployment) -> Incident:
    sign_up()
    opened = open_incident(an_up_device("modem"), START + GRACE + 1, versions_of("acme-dental"))
    assert opened is not None
    return opened


def test_starting_a_timer_that_runs_is_success(deployment: Deployment, incident: Incident) -> None:
    start_timer(incident)
    start_timer(incident)
    assert deployment.executions() == [f"{NAME}_1"]


def test_a_timer_begins_with_what_its_steps_need(deployment: Deployment, incident: Incident) -> None:
    start_timer(incident)
    (execution,) = timer_machine().executions
    assert json.loads(execution.execution_input) == {
        "client": "acme-dental",
        "device": "modem",
        "incident": "modem-20260312T040000Z",
        "timer": 1,
        "loops": 0,
        "wake_at": "2026-03-12T04:03:01Z",
    }


def test_a_name_that_was_used_up_gives_way_to_the_next_number(
    deployment: Deployment, incident: Incident
) -> None:
    start_timer(incident)
    stepfunctions = boto3.client("stepfunctions")
    machine = "arn:aws:states:eu-west-1:123456789012:stateMachine:Incident"
    (execution,) = stepfunctions.list_executions(stateMachineArn=machine)["executions"]
    stepfunctions.stop_execution(executionArn=execution["executionArn"])
    start_timer(incident)
    assert deployment.executions() == [f"{NAME}_1", f"{NAME}_2"]


def test_arming_a_closed_incident_does_nothing(deployment: Deployment, incident: Incident) -> None:
    incident.update([Incident.open_shard.remove()])
    arm(incident, START + 999)
    assert deployment.executions() == []
    closed = find_incident("acme-dental", incident.incident)
    assert closed is not None
    assert (closed.timer, closed.wake_at) == (1, START + GRACE + 1)
