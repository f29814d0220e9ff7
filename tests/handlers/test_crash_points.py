"""Every function is killed after each of its calls to AWS and then run again as the platform would."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import boto3
import pytest
from support.cast import GRACE, HOUR, MINUTE, START, TESS, a_token, an_up_device, enroll, sign_up
from support.crashes import crash_after
from support.deployment import Deployment, a_deployment
from support.events import Context, api_request, schedule_event, ses_notification, sqs_event

import advance
import deliveries
import desk
import heartbeat
import sweep
from makegood.keys import sign_link
from makegood.rules.instants import format_instant
from makegood.rules.links import Link
from makegood.rules.mails import order
from makegood.rules.stages import judge_incident
from makegood.storage.devices import devices_of
from makegood.storage.incidents import load_case, open_incidents
from makegood.storage.records import Incident, MailRecord, Record

NAME = "modem-20260312T040000Z"
OPENED = START + GRACE + 10
BACK = START + HOUR
STABLE = BACK + 10 * MINUTE
END = START + 3 * HOUR


class World:
    """One client's incident, with the platform around the functions: retries, timers, sweeps."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment

    def at(self, now: int) -> World:
        self.deployment.now = now
        return self

    def sweep(self) -> None:
        sweep.handler(schedule_event(), Context())

    def beat(self) -> None:
        headers = {"Authorization": f"Bearer {a_token('modem')}"}
        answer = heartbeat.handler(
            api_request("POST", "/v1/heartbeat", at=self.deployment.now, headers=headers), Context()
        )
        assert answer["statusCode"] == 200

    def wake(self) -> None:
        incident = Incident.get("acme-dental", f"incident#{NAME}", consistent_read=True)
        event = {
            "client": "acme-dental",
            "device": "modem",
            "incident": NAME,
            "timer": incident.timer,
            "loops": 0,
            "wake_at": format_instant(self.deployment.now),
        }
        advance.handler(event, Context())

    def post(self, action: str, **fields: str) -> None:
        link = sign_link(Link("incident", "acme-dental", NAME, TESS, START + 30 * 24 * HOUR))
        request = api_request(
            "POST",
            f"/desk/{link}/{action}",
            at=self.deployment.now,
            body=urlencode(fields),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            route="ANY /desk/{proxy+}",
        )
        assert desk.handler(request, Context())["statusCode"] in (200, 303)

    def plan(self) -> None:
        self.post("plan", cause="Power supply", steps="Swap it", eta="06:00")

    def repair(self) -> None:
        self.post("repair", cause="Power supply", work="Swapped it")

    def bounce(self) -> None:
        mail = order(f"incident#{NAME}", "notice", "owner@acme.example").mail
        tags = {"client": "acme-dental", "mail": mail}
        answer = deliveries.handler(
            sqs_event(ses_notification("Bounce", tags, "2026-03-12T04:04:00.000Z")), Context()
        )
        assert answer["batchItemFailures"] == []

    def enrolled(self) -> None:
        enroll("modem")

    def silent(self) -> None:
        an_up_device("modem")

    def settle(self) -> None:
        """What the platform does by itself: timers wake, sweeps run, until nothing is due any more."""
        for _ in range(3):
            self.deployment.now += 2 * MINUTE + 1
            self.sweep()
            for incident in list(open_incidents()):
                if incident.incident == NAME:
                    self.wake()

    def outcome(self) -> dict[str, Any]:
        """What must be the same however often anything was killed."""
        case = load_case("acme-dental", NAME, END)
        records = list(Record.query("acme-dental"))
        mails = [record for record in records if isinstance(record, MailRecord)]
        outcome: dict[str, Any] = {
            "incidents": sorted(record.incident for record in records if isinstance(record, Incident)),
            "devices": [(row.device, row.state, row.back_since is None) for row in devices_of("acme-dental")],
            "mails": sorted((mail.mail, mail.status) for mail in mails),
        }
        if case is not None:
            verdicts = judge_incident(case.terms, case.facts, case.device.retired_at, END)
            outcome["verdicts"] = [(verdict.stage, verdict.verdict) for verdict in verdicts]
            outcome["started_at"] = case.facts.started_at
            outcome["restored_at"] = case.facts.restored_at
            outcome["closed"] = case.incident.closed_at is not None
            outcome["plan"] = case.incident.plan and case.incident.plan["cause"]
        return outcome


Story = list[tuple[int, Callable[[World], None]]]

OPENING: Story = [(START, World.silent), (OPENED, World.sweep)]
TOLD: Story = [*OPENING, (OPENED, World.wake)]
RETURN: Story = [*TOLD, (BACK, World.beat)]
RUN: Story = [*RETURN, *((BACK + n * MINUTE, World.beat) for n in range(1, 11))]
PLANNED: Story = [*TOLD, (START + 20 * MINUTE, World.plan)]
RECOVERED: Story = [
    *TOLD,
    *((START + n * MINUTE, World.beat) for n in range(20, 31)),
    (START + 30 * MINUTE, World.wake),
]
REPAIRED: Story = [
    *PLANNED,
    *RUN[len(TOLD) :],
    (STABLE, World.wake),
    (STABLE + MINUTE, World.repair),
]

STORIES: dict[str, Story] = {
    "the first beat": [(START, World.enrolled), (START, World.beat)],
    "a beat after an outage no sweep saw": [(START, World.silent), (BACK, World.beat)],
    "the sweep opens": OPENING,
    "the first step tells everybody": TOLD,
    "the device returns": RETURN,
    "the device relapses": [*RETURN, (BACK + HOUR, World.beat)],
    "the device is restored by its timer": [*RUN, (STABLE, World.wake)],
    "a stable run ends before a new gap": [*RUN, (STABLE + HOUR, World.beat)],
    "a notice bounces": [*TOLD, (OPENED + MINUTE, World.bounce)],
    "the plan is sent": PLANNED,
    "the device came back by itself": RECOVERED,
    "the repair is documented": REPAIRED,
}


@contextmanager
def a_world() -> Iterator[World]:
    with a_deployment() as deployment:
        sign_up()
        yield World(deployment)


def tell(world: World, story: Story) -> None:
    for now, chapter in story:
        chapter(world.at(now))


@pytest.mark.parametrize("name", STORIES)
def test_killed_after_any_call_and_run_again_the_end_is_the_same(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    *before, (now, last) = STORIES[name]
    with a_world() as world:
        tell(world, before)
        start = world.deployment.snapshot()
        last(world.at(now))
        world.settle()
        undisturbed = world.outcome()
        points = 0
        while _dies_after(world, start, points, lambda: last(world.at(now))):
            points += 1
            last(world.at(now))
            world.settle()
            assert world.outcome() == undisturbed, f"killed after call {points}"
    assert points > 0
    with capsys.disabled():
        print(f"\n  {name}: {points} crash points", end="")


def _dies_after(world: World, start: Any, allowed: int, process: Callable[[], None]) -> bool:
    world.deployment.restore(start)
    return crash_after(allowed, process)


def test_every_timer_that_is_due_is_known_to_step_functions() -> None:
    with a_world() as world:
        tell(world, OPENING)
        incident = Incident.get("acme-dental", f"incident#{NAME}")
        listed = boto3.client("stepfunctions").list_executions(
            stateMachineArn="arn:aws:states:eu-west-1:123456789012:stateMachine:Incident"
        )["executions"]
        described = boto3.client("stepfunctions").describe_execution(executionArn=listed[0]["executionArn"])
        assert json.loads(described["input"]) == {
            "client": "acme-dental",
            "device": "modem",
            "incident": NAME,
            "timer": incident.timer,
            "loops": 0,
            "wake_at": format_instant(OPENED),
        }
