"""`makegood doctor` on the local stack: nothing on a healthy one, of each fault planted exactly that one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from makegood_local.deployment import STACK, physical_name
from makegood_local.stack import LocalStack
from makegood_local.story import MAKEGOOD, contract_from_this_month, run_command

ROOT = Path(__file__).parents[2]
CLIENT = "corner-bakery"
CONTACT = "nina@corner-bakery.example"
ALARMS = "alarms@provider.example"
SENDER = "guarantee@provider.example"

Heal = Callable[[], object]
Plant = Callable[["Sick"], Heal]


class Sick:
    """A local stack with a client and a device, in which a test breaks things."""

    def __init__(self, stack: LocalStack) -> None:
        self.stack = stack

    def aws(self, service: str) -> Any:
        return self.stack.client(service)

    def named(self, resource: str) -> str:
        return physical_name(self.aws("cloudformation"), resource)

    def change(self, table: str, key: dict[str, str], **values: int | list[str]) -> None:
        """Numbers and sets of an item, changed behind everybody's back."""
        self.aws("dynamodb").update_item(
            TableName=self.stack.outputs[table],
            Key={name: {"S": value} for name, value in key.items()},
            UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in values),
            ExpressionAttributeValues={
                f":{name}": {"N": str(value)} if isinstance(value, int) else {"SS": value}
                for name, value in values.items()
            },
        )

    def do(self, code: str) -> None:
        """Some lines of Python in this deployment."""
        names = {"DEVICES_TABLE": "DevicesTable", "RECORDS_TABLE": "RecordsTable"}
        outputs = {name: self.stack.outputs[output] for name, output in names.items()}
        before = (
            "from makegood.settings import settings; from makegood.storage.tables import bind_tables\n"
            "bind_tables(settings().devices_table, settings().records_table)\n"
        )
        environment = {**os.environ, **self.stack.environment, **outputs}
        subprocess.run([sys.executable, "-c", before + code], env=environment, cwd=ROOT, check=True)

    def examine(self, *, exits: int) -> tuple[list[tuple[str, str]], Any]:
        """What the doctor found, (check, where) of each, and everything it said."""
        environment = {**os.environ, **self.stack.environment}
        done = subprocess.run(
            [MAKEGOOD, "doctor", "--json"],
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == exits, done.stdout + done.stderr
        said = json.loads(done.stdout)
        assert all(finding["what"] and finding["cure"] for finding in said["findings"])
        return [(finding["check"], finding["where"]) for finding in said["findings"]], said


@pytest.fixture(scope="module")
def sick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sick]:
    folder = tmp_path_factory.mktemp("doctor")
    with LocalStack(folder, {"DetectionSeconds": "5"}) as stack:
        example = contract_from_this_month(ROOT / "contracts" / "demo-seconds.yaml", folder)
        contract = yaml.safe_load(example.read_text())
        contract["contacts"]["outages"] = [CONTACT, "shop@elsewhere.example"]
        example.write_text(yaml.safe_dump(contract, sort_keys=False))
        run_command(stack, "client", "apply", str(example))
        run_command(
            stack, "device", "enroll", CLIENT, "nas", "--kind", "nas", "--grace", "6s", "--practice", "backup"
        )
        stack.invoke("CanaryFunction", {})
        yield Sick(stack)


def sender_unverified(sick: Sick) -> Heal:
    ses = sick.aws("sesv2")
    ses.delete_email_identity(EmailIdentity=SENDER)
    return sick.stack.verify_sender


def in_the_sandbox(sick: Sick) -> Heal:
    def put(out: bool) -> None:
        sick.aws("sesv2").put_account_details(
            MailType="TRANSACTIONAL", WebsiteURL="https://provider.example", ProductionAccessEnabled=out
        )

    put(False)
    return lambda: put(True)


def deliveries_unreported(sick: Sick) -> Heal:
    def put(enabled: bool) -> None:
        sick.aws("sesv2").update_configuration_set_event_destination(
            ConfigurationSetName=sick.stack.outputs["ConfigurationSet"],
            EventDestinationName="mail-events",
            EventDestination={
                "Enabled": enabled,
                "MatchingEventTypes": ["DELIVERY", "BOUNCE", "COMPLAINT", "REJECT", "DELIVERY_DELAY"],
                "SnsDestination": {"TopicArn": sick.stack.outputs["MailEventsTopicArn"]},
            },
        )

    put(False)
    return lambda: put(True)


def schedule_disabled(sick: Sick) -> Heal:
    scheduler, name = sick.aws("scheduler"), sick.named("SweepFunctionEveryMinute")
    found = scheduler.get_schedule(Name=name)
    kept = ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target")

    def put(state: str) -> None:
        scheduler.update_schedule(**{key: found[key] for key in kept}, State=state)

    put("DISABLED")
    return lambda: put("ENABLED")


def message_given_up(sick: Sick) -> Heal:
    sqs, queue = sick.aws("sqs"), sick.named("StatementsDeadLetters")
    sqs.send_message(QueueUrl=queue, MessageBody="{}")
    return lambda: sqs.purge_queue(QueueUrl=queue)


def alarm_unwired(sick: Sick) -> Heal:
    cloudwatch, name = sick.aws("cloudwatch"), sick.named("SweepMissing")
    cloudwatch.disable_alarm_actions(AlarmNames=[name])
    return lambda: cloudwatch.enable_alarm_actions(AlarmNames=[name])


def alarm_raised(sick: Sick) -> Heal:
    cloudwatch, name = sick.aws("cloudwatch"), sick.named("StatementNotIssued")

    def put(state: str) -> None:
        cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="planted")

    put("ALARM")
    return lambda: put("OK")


def nobody_listens(sick: Sick) -> Heal:
    sns, topic = sick.aws("sns"), sick.stack.outputs["AlarmTopicArn"]
    for each in sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]:
        sns.unsubscribe(SubscriptionArn=each["SubscriptionArn"])
    return lambda: sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=ALARMS)


def contact_bounces(sick: Sick) -> Heal:
    flag = "from makegood.storage.contacts import {0}; import time; {0}({1!r}, {2!r}, int(time.time()))"
    sick.do(flag.format("flag_bounce", CLIENT, CONTACT))
    return lambda: sick.do(flag.format("clear_flags", CLIENT, CONTACT))


def contract_unkeepable(sick: Sick) -> Heal:
    enroll(sick, "patient")
    key = {"client": CLIENT, "device": "patient"}
    sick.change("DevicesTable", key, grace_seconds=25)
    return lambda: run_command(sick.stack, "device", "retire", CLIENT, "patient")


def practice_unshown(sick: Sick) -> Heal:
    key = {"client": CLIENT, "device": "nas"}
    sick.change("DevicesTable", key, practices=["patching"])
    return lambda: sick.change("DevicesTable", key, practices=["backup"])


def statement_overdue(sick: Sick) -> Heal:
    contract = yaml.safe_load((ROOT / "contracts" / "demo-seconds.yaml").read_text())
    contract |= {"client": "late", "effective_from": "2026-01-01", "practices": {}}
    file = sick.stack.state_dir / "late.yaml"
    file.write_text(yaml.safe_dump(contract))
    run_command(sick.stack, "client", "apply", str(file), "--backdate")
    put_item = {"pk": "late", "sk": "contract#2026-01-01"}
    sick.change("RecordsTable", put_item, applied_at=int(time.time()) - 3_600)
    return lambda: sick.change("RecordsTable", put_item, applied_at=int(time.time()))


def timer_lost(sick: Sick) -> Heal:
    token = enroll(sick, "till")
    post = f"{sick.stack.url}/v1/heartbeat"
    subprocess.run(["curl", "-fsS", "-X", "POST", "-H", f"Authorization: Bearer {token}", post], check=True)
    time.sleep(8)
    sfn, machine = sick.aws("stepfunctions"), sick.stack.outputs["StateMachineArn"]
    running: list[Any] = []
    while not running:
        sick.stack.invoke("CanaryFunction", {})
        sick.stack.invoke("SweepFunction", {})
        running = sfn.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"]
    time.sleep(3)
    for each in sfn.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"]:
        sfn.stop_execution(executionArn=each["executionArn"])
    return lambda: run_command(sick.stack, "device", "retire", CLIENT, "till")


def enroll(sick: Sick, device: str) -> str:
    options = ("--kind", "till", "--grace", "6s", "--json")
    token: str = json.loads(run_command(sick.stack, "device", "enroll", CLIENT, device, *options))["token"]
    return token


FAULTS: list[tuple[Plant, str, str]] = [
    (sender_unverified, "sender verified", SENDER),
    (in_the_sandbox, "SES account", "SES in us-east-1"),
    (deliveries_unreported, "events of mails", f"configuration set {STACK}"),
    (schedule_disabled, "schedules", "schedule SweepFunctionEveryMinute"),
    (message_given_up, "queues", "queue StatementsDeadLetters"),
    (alarm_unwired, "alarms", "alarm SweepMissing"),
    (alarm_raised, "alarms", "alarm StatementNotIssued"),
    (nobody_listens, "alarm topic", "alarm topic"),
    (contact_bounces, "contacts", f"contact {CONTACT} of {CLIENT}"),
    (contract_unkeepable, "contracts", f"contract of {CLIENT} from "),
    (practice_unshown, "contracts", f"contract of {CLIENT} from "),
    (timer_lost, "timers", "incident till-"),
    (statement_overdue, "statements", "statement of late for 2026-"),
]


def test_a_healthy_stack_has_no_finding_and_says_what_it_could_not_look_at(sick: Sick) -> None:
    found, said = sick.examine(exits=0)
    assert found == []
    unchecked = {each["check"] for each in said["unchecked"]}
    assert "suppression list" in unchecked
    assert unchecked <= {"suppression list", "alarms", "schedules"}


@pytest.mark.parametrize(
    ("plant", "check", "where"), FAULTS, ids=lambda value: getattr(value, "__name__", "")
)
def test_a_planted_fault_is_found_and_nothing_else(sick: Sick, plant: Plant, check: str, where: str) -> None:
    heal = plant(sick)
    found, said = sick.examine(exits=1)
    heal()
    assert {name for name, _ in found} == {check}, said["findings"]
    assert all(place.startswith(where) for _, place in found)


def test_healed_of_all_of_them_it_is_healthy_again(sick: Sick) -> None:
    assert sick.examine(exits=0)[0] == []
