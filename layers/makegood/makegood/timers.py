"""Arms the timer of an incident: Step Functions is the alarm clock, DynamoDB holds what is due."""

from __future__ import annotations

import json
from typing import Any

from makegood import aws
from makegood.rules.instants import Instant, format_instant
from makegood.settings import settings
from makegood.storage.incidents import find_incident, stamp
from makegood.storage.records import Incident
from makegood.storage.writes import update_if


def arm(incident: Incident, wake_at: Instant) -> None:
    """Raises the timer's number and starts its execution; older executions see the number and end.

    News can never be slept through: whoever changes an incident's facts arms it anew. Does nothing when the
    incident is closed.
    """
    raised = [Incident.timer.set(Incident.timer + 1), Incident.wake_at.set(wake_at)]
    if update_if(incident, raised, Incident.open_shard.exists()):
        start_timer(incident)


def wake(client: str, incident: str) -> None:
    """Starts the timer of an incident as it stands now, with news of it on record; a closed one has none."""
    known = find_incident(client, incident)
    if known is not None and known.open_shard is not None:
        start_timer(known)


def start_timer(incident: Incident) -> None:
    """Starts the execution of the incident's present timer number, unless it already runs."""
    sfn = aws.stepfunctions()
    name = f"{incident.client}_{incident.device}_{stamp(incident.started_at)}_{incident.timer}"
    machine = settings().state_machine_arn
    try:
        sfn.start_execution(stateMachineArn=machine, name=name, input=json.dumps(timer_input(incident)))
    except sfn.exceptions.ExecutionAlreadyExists:
        execution = f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
        if sfn.describe_execution(executionArn=execution)["status"] != "RUNNING":
            arm(incident, incident.wake_at)


def timer_input(incident: Incident) -> dict[str, Any]:
    """What an execution begins with, and carries from one wait to the next."""
    return {
        "client": incident.client,
        "device": incident.device,
        "incident": incident.incident,
        "timer": incident.timer,
        "loops": 0,
        "wake_at": format_instant(incident.wake_at),
    }
