"""What piles up and who hears of it: queues, dead letters, alarms and their topic."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

from makegood_cli.checks.looking import Check, Clinic, Finding, Note, Resource, Seen, Unchecked

LOOKS: Final = 4
SECONDS_BETWEEN: Final = 2
"""A queue is drained as it fills: only what does not get less from look to look waits for nobody."""

DEAD: Final = "DeadLetters"
ALARMS_A_CALL: Final = 100


def queues(clinic: Clinic) -> Iterator[Seen]:
    found = clinic.of_kind("AWS::SQS::Queue")
    for queue in (each for each in found if each.logical.endswith(DEAD)):
        count = _waiting(clinic, queue.physical, "ApproximateNumberOfMessagesNotVisible")
        if count:
            yield Finding(
                f"queue {queue.logical}",
                f"{_messages(count)} given up after every retry: what they ask for was never done",
                f"read one (aws sqs receive-message --queue-url {queue.physical}), mend the cause by the "
                "function's log, then aws sqs start-message-move-task (purge a schedule's: the next tick "
                "does their work)",
            )
    yield from _standing(clinic, [each for each in found if not each.logical.endswith(DEAD)])


def _standing(clinic: Clinic, queues: list[Resource]) -> Iterator[Seen]:
    """Those that do not get shorter while they are looked at."""
    first = {queue.logical: _waiting(clinic, queue.physical) for queue in queues}
    left = [queue for queue in queues if first[queue.logical]]
    for _ in range(LOOKS - 1):
        if left:
            time.sleep(SECONDS_BETWEEN)
        left = [queue for queue in left if _waiting(clinic, queue.physical) >= first[queue.logical]]
    for queue in left:
        yield Finding(
            f"queue {queue.logical}",
            f"{_messages(first[queue.logical])} waiting, no fewer from look to look",
            "see that its function runs (its log) and its event source mapping is enabled",
        )


def drains(clinic: Clinic) -> Iterator[Seen]:
    """What carries the messages of a queue to its function."""
    for resource in clinic.of_kind("AWS::Lambda::EventSourceMapping"):
        found = clinic.aws("lambda").get_event_source_mapping(UUID=resource.physical)
        if found["State"].lower() not in ("enabled", "enabling", "updating", "creating"):
            yield Finding(
                f"event source {resource.logical}",
                f"it is {found['State'].lower()}, so what waits in its queue is never done",
                f"aws lambda update-event-source-mapping --uuid {resource.physical} --enabled",
            )


def alarms(clinic: Clinic) -> Iterator[Seen]:
    """Each is there, tells the topic, and is quiet."""
    topic = clinic.outputs.get("AlarmTopicArn", "")
    named = {each.physical: each.logical for each in clinic.of_kind("AWS::CloudWatch::Alarm")}
    known = {alarm["AlarmName"]: alarm for alarm in _alarms(clinic, list(named))}
    for name, logical in named.items():
        if name not in known:
            yield Finding(f"alarm {logical}", "it is gone", "deploy the stack again")
        else:
            yield from _look_at(logical, known[name], topic)
    silent = [logical for name, logical in named.items() if _state(known, name) == "INSUFFICIENT_DATA"]
    if silent:
        shown = ", ".join(silent[:5]) + (f" and {len(silent) - 5} more" if len(silent) > 5 else "")
        yield Unchecked("alarms", f"{shown}: no data yet, neither quiet nor raised")


def listeners(clinic: Clinic) -> Iterator[Seen]:
    """Somebody hears of an alarm."""
    topic = clinic.outputs.get("AlarmTopicArn", "")
    pages = clinic.aws("sns").get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    found = [each for page in pages for each in page["Subscriptions"]]
    pending = [each for each in found if not each["SubscriptionArn"].startswith("arn:")]
    for each in pending:
        yield Finding(
            f"subscription of {each['Endpoint']}",
            "it was never confirmed, so alarms do not reach it",
            "follow the link in the mail that AWS sent there, or deploy again with another AlarmEmail",
        )
    if not found:
        yield Finding(
            "alarm topic",
            "nobody is subscribed, so an alarm reaches nobody",
            f"deploy with AlarmEmail, or aws sns subscribe --topic-arn {topic} --protocol email "
            "--notification-endpoint ADDRESS",
        )
    elif len(pending) < len(found):
        yield Note(f"alarms reach {', '.join(each['Endpoint'] for each in found if each not in pending)}")


def _look_at(logical: str, alarm: dict[str, Any], topic: str) -> Iterator[Seen]:
    if not alarm.get("ActionsEnabled", True) or topic not in alarm.get("AlarmActions", []):
        yield Finding(
            f"alarm {logical}",
            "its action is switched off or goes elsewhere, so when it is raised nobody hears of it",
            f"aws cloudwatch enable-alarm-actions --alarm-names {alarm['AlarmName']}, or deploy again",
        )
    if alarm["StateValue"] == "ALARM":
        words = alarm.get("AlarmDescription") or alarm.get("StateReason", "")
        yield Finding(f"alarm {logical}", f"it is raised. {words}", f"docs/runbook.md, under {logical}")


def _alarms(clinic: Clinic, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    for some in _batched(names, ALARMS_A_CALL):
        found = clinic.aws("cloudwatch").describe_alarms(AlarmNames=some, MaxRecords=ALARMS_A_CALL)
        yield from found["MetricAlarms"]


def _batched(names: Sequence[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(names), size):
        yield list(names[start : start + size])


def _state(known: dict[str, dict[str, Any]], name: str) -> str | None:
    return known[name]["StateValue"] if name in known else None


def _waiting(clinic: Clinic, url: str, *more: str) -> int:
    names = ["ApproximateNumberOfMessages", *more]
    found = clinic.aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(found[name]) for name in names)


def _messages(count: int) -> str:
    return "1 message is" if count == 1 else f"{count} messages are"


CHECKS: Final = (
    Check("queues", queues),
    Check("event sources", drains),
    Check("alarms", alarms),
    Check("alarm topic", listeners),
)
