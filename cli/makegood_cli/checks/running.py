"""Does everything run: the stack, its schedules, the canary, functions enough at one time, the clock here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from botocore.exceptions import ClientError

from makegood.rules.instants import Instant, format_instant
from makegood.storage.canary import EVERY_SECONDS, STALE_SECONDS, last_proof
from makegood_cli.checks.fleet import functions_at_once
from makegood_cli.checks.looking import Check, Clinic, Finding, Note, Resource, Seen, Unchecked
from makegood_cli.output import duration, length

MOST_SKEW: Final = 5
"""What people date by this machine's clock is wrong by as much; AWS's Date header tells whole seconds."""

LEAST_WINDOW: Final = 300
"""A schedule that runs has run within three of its intervals, and within this."""

_RATE: Final = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_UNITS: Final = {"minute": 60, "hour": 3_600, "day": 86_400}
_READY: Final = ("CREATE_COMPLETE", "UPDATE_COMPLETE")


def stack(clinic: Clinic) -> Iterator[Seen]:
    status = clinic.deployed["StackStatus"]
    if status.endswith("_IN_PROGRESS"):
        yield Unchecked(f"stack {clinic.stack}", f"it is being deployed ({status}); look again later")
    elif status not in _READY:
        yield Finding(
            f"stack {clinic.stack}",
            f"its last deployment ended as {status}: what runs may be of two versions",
            f"aws cloudformation describe-stack-events --stack-name {clinic.stack}; then deploy again",
        )
    else:
        yield Note(f"{clinic.stack} is {status}")


def schedules(clinic: Clinic) -> Iterator[Seen]:
    """Each is there, enabled, and its function has run lately."""
    for resource in clinic.of_kind("AWS::Scheduler::Schedule"):
        found = _schedule(clinic, resource)
        if found is None:
            yield Finding(
                f"schedule {resource.logical}",
                "it is gone, so its function never runs",
                "deploy the stack again",
            )
        elif found["State"] != "ENABLED":
            yield Finding(
                f"schedule {resource.logical}",
                "it is disabled, so its function never runs",
                f"enable {found['Name']} in EventBridge Scheduler (group {found['GroupName']})",
            )
        else:
            yield from _has_run(clinic, resource.logical, found)


def canary(clinic: Clinic) -> Iterator[Seen]:
    """The newest proof that agents can be heard."""
    heard = last_proof()
    cure = "read the log of CanaryFunction: it says what the public address answered"
    if heard is None and _instant(clinic.deployed, "CreationTime") > clinic.now - LEAST_WINDOW:
        yield Unchecked("canary", f"the stack is younger than {duration(LEAST_WINDOW)}; look again later")
    elif heard is None:
        yield Finding("canary", "it was never heard: nothing proves that agents can be", cure)
    elif clinic.now - heard > STALE_SECONDS:
        yield Finding(
            "canary",
            f"it was last heard at {format_instant(heard)}, {length(clinic.now - heard)} ago, and should be "
            f"every {duration(EVERY_SECONDS)}: until it is, no silence is called an outage",
            cure,
        )
    else:
        yield Note(f"heard {max(clinic.now - heard, 0)} s ago")


def concurrency(clinic: Clinic) -> Iterator[Seen]:
    limit = clinic.aws("lambda").get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"]
    need, told = functions_at_once(clinic)
    if need > limit:
        yield Finding(
            f"Lambda in {clinic.region}",
            f"{told}; the account runs {limit:,}",
            "ask AWS for a higher limit (Service Quotas, AWS Lambda, Concurrent executions)",
        )
    else:
        yield Note(f"{told}; the account runs {limit:,}")


def clock(clinic: Clinic) -> Iterator[Seen]:
    """This machine dates what its operator records."""
    if clinic.skew is None:
        yield Unchecked("this machine", "AWS answered without its time")
    elif abs(clinic.skew) > MOST_SKEW:
        word = "ahead of" if clinic.skew > 0 else "behind"
        yield Finding(
            "this machine",
            f"its clock is {abs(clinic.skew)} s {word} AWS's, so what is recorded from here is dated wrongly",
            "set it by NTP (timedatectl set-ntp true; w32tm /resync)",
        )
    else:
        yield Note("this machine's clock agrees with AWS's")


def _schedule(clinic: Clinic, resource: Resource) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = clinic.aws("scheduler").get_schedule(Name=resource.physical)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return None
    return found


def _has_run(clinic: Clinic, name: str, schedule: dict[str, Any]) -> Iterator[Seen]:
    """A function writes to its log whenever it runs."""
    window = max(3 * _interval(schedule["ScheduleExpression"]), LEAST_WINDOW)
    since = clinic.now - window
    if _instant(schedule, "LastModificationDate", "CreationDate") > since:
        yield Unchecked(f"schedule {name}", f"it is younger than {duration(window)}; look again later")
        return
    function = clinic.aws("lambda").get_function_configuration(FunctionName=schedule["Target"]["Arn"])
    group = function.get("LoggingConfig", {}).get("LogGroup", f"/aws/lambda/{function['FunctionName']}")
    if not _has_logged(clinic, group, since):
        yield Finding(
            f"schedule {name}",
            f"it is enabled, but its function has not run for {duration(window)}",
            f"read {group} and the queue ScheduleDeadLetters, which say why; then deploy the stack again",
        )


def _has_logged(clinic: Clinic, group: str, since: Instant) -> bool:
    pages = clinic.aws("logs").get_paginator("filter_log_events")
    return any(page["events"] for page in pages.paginate(logGroupName=group, startTime=since * 1_000))


def _interval(expression: str) -> int:
    match = _RATE.fullmatch(expression)
    return int(match[1]) * _UNITS[match[2]] if match else _UNITS["day"]


def _instant(found: dict[str, Any], *names: str) -> Instant:
    return max((int(found[name].timestamp()) for name in names if name in found), default=0)


CHECKS: Final = (
    Check("stack", stack),
    Check("schedules", schedules),
    Check("canary", canary),
    Check("Lambda concurrency", concurrency),
    Check("clock", clock),
)
