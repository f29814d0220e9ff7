"""Can what is promised be kept: contacts that mails reach, contracts, statements, timers of incidents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from botocore.exceptions import ClientError

from makegood.overdue import overdue_periods
from makegood.rules.contracts import Contract, covered
from makegood.rules.instants import format_instant
from makegood.rules.noticing import unkeepable
from makegood.rules.told import BOUNCES
from makegood.settings import settings
from makegood.storage.contacts import unreachable_of
from makegood.storage.incidents import find_incident, open_incidents, stamp
from makegood.storage.records import Incident
from makegood_cli.checks.looking import Check, Clinic, Finding, Note, Seen, is_no_operation
from makegood_cli.output import counted

OVERSLEPT_SECONDS: Final = 180
"""The sweep arms a timer anew that is overdue by two minutes; it runs once a minute."""

GONE: Final = ("ExecutionDoesNotExist",)


def contacts(clinic: Clinic) -> Iterator[Seen]:
    """Those of contracts in force, whose mails came back or who called one unwanted."""
    count = 0
    for contract in clinic.contracts:
        addresses = dict.fromkeys((*contract.contacts.outages, *contract.contacts.statements))
        count += len(addresses)
        for flag in unreachable_of(contract.client, addresses):
            word = "mails come back" if flag.why == BOUNCES else "somebody there called our mail unwanted"
            yield Finding(
                f"contact {flag.contact} of {contract.client}",
                f"{word} since {format_instant(flag.since)}: it hears of no outage and gets no statement",
                f"ask {contract.name} for another address, or makegood contact restore {contract.client} "
                f"{flag.contact} once it works",
            )
    yield Note(f"{counted(count, 'contact')} of {counted(len(clinic.contracts), 'client')} in force")


def suppressed(clinic: Clinic) -> Iterator[Seen]:
    """Addresses that SES sends nothing to, for the whole account: of clients and of our own people."""
    ours = {settings().reply_to, *settings().technicians}
    users: dict[str, str] = {address: "ours" for address in ours if address}
    for contract in clinic.contracts:
        for address in (*contract.contacts.outages, *contract.contacts.statements):
            users.setdefault(address, contract.client)
    held = _suppressed(clinic, next(iter(users), "nobody@example.com"))
    for address in sorted(set(users) & set(held)):
        whose = "of the provider" if users[address] == "ours" else f"of {users[address]}"
        yield Finding(
            f"contact {address} {whose}",
            f"SES sends nothing to it any more ({held[address].lower()})",
            f"aws sesv2 delete-suppressed-destination --email-address {address}, once it works again"
            if users[address] == "ours"
            else f"makegood contact restore {users[address]} {address}, once it works again",
        )


def contracts(clinic: Clinic) -> Iterator[Seen]:
    """Of each client, what is in force or to come, beside what its devices are enrolled with."""
    longest = clinic.fleet.longest_grace
    for client, versions in clinic.versions.items():
        for contract in _not_over(clinic, [version.contract for version in versions]):
            for problem in unkeepable(contract, longest.get(client, 0), settings().detection_seconds):
                yield Finding(
                    f"contract of {client} from {contract.effective_from}",
                    str(problem),
                    "promise a later limit from the next month on, or enroll the device of the longest "
                    "grace anew with a shorter one",
                )
    for contract in clinic.contracts:
        shown = clinic.fleet.practices.get(contract.client, ())
        missing = [terms.practice for terms in contract.practices if terms.practice not in shown]
        if missing:
            yield Finding(
                f"contract of {contract.client} from {contract.effective_from}",
                f"no device is enrolled for what is promised: {', '.join(missing)}; nothing is counted",
                f"makegood device enroll {contract.client} DEVICE --practice {missing[0]}, and so on for "
                "each device that is to show them",
            )


def statements(clinic: Clinic) -> Iterator[Seen]:
    for entry in clinic.clients:
        for period, version in overdue_periods(entry, clinic.versions[entry.client], clinic.now):
            yield Finding(
                f"statement of {entry.client} for {period}",
                f"it is not out, though {version.contract.name} was to have it by its moment of issue",
                "read the log of IssueFunction, mend the cause, then "
                f"makegood statement issue {entry.client} {period}",
            )


def timers(clinic: Clinic) -> Iterator[Seen]:
    """Each open incident has an execution that waits for its next limit."""
    running = _running(clinic)
    count = 0
    for incident in open_incidents():
        count += 1
        name = _execution(incident)
        if name in running and incident.wake_at >= clinic.now - OVERSLEPT_SECONDS:
            continue
        now = find_incident(incident.client, incident.incident)
        if now is None or now.open_shard is None or _is_armed(clinic, now):
            continue
        yield Finding(
            f"incident {incident.incident} of {incident.client}",
            f"no timer runs that wakes it at {format_instant(now.wake_at)}, so its mails would not leave",
            "see that the schedule of the sweep runs, which arms it anew two minutes after that; the log of "
            "SweepFunction says why it does not",
        )
    yield Note(counted(count, "open incident"))


def _not_over(clinic: Clinic, contracts: list[Contract]) -> Iterator[Contract]:
    """The one that is in force, and those to come."""
    for contract, later in zip(contracts, [*contracts[1:], None], strict=True):
        until = covered(contract)[1] if later is None else covered(later)[0]
        if until is None or clinic.now < until:
            yield contract


def _suppressed(clinic: Clinic, address: str) -> dict[str, str]:
    """Address -> reason; raises when this AWS keeps no such list, whatever it says of an empty one."""
    ses = clinic.aws("sesv2")
    try:
        ses.get_suppressed_destination(EmailAddress=address)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NotFoundException" or is_no_operation(error):
            raise
    found: dict[str, str] = {}
    more: dict[str, str] = {}
    while True:
        page = ses.list_suppressed_destinations(PageSize=1_000, **more)
        found |= {each["EmailAddress"]: each["Reason"] for each in page["SuppressedDestinationSummaries"]}
        if not page.get("NextToken"):
            return found
        more = {"NextToken": page["NextToken"]}


def _running(clinic: Clinic) -> set[str]:
    pages = clinic.aws("stepfunctions").get_paginator("list_executions")
    found = pages.paginate(stateMachineArn=settings().state_machine_arn, statusFilter="RUNNING")
    return {execution["name"] for page in found for execution in page["executions"]}


def _execution(incident: Incident) -> str:
    return f"{incident.client}_{incident.device}_{stamp(incident.started_at)}_{incident.timer}"


def _is_armed(clinic: Clinic, incident: Incident) -> bool:
    """By a fresh look: between the list and now it may have been armed anew."""
    if incident.wake_at < clinic.now - OVERSLEPT_SECONDS:
        return False
    machine = settings().state_machine_arn
    execution = f"{machine.replace(':stateMachine:', ':execution:')}:{_execution(incident)}"
    try:
        found = clinic.aws("stepfunctions").describe_execution(executionArn=execution)
    except ClientError as error:
        if error.response["Error"]["Code"] not in GONE:
            raise
        return False
    return bool(found["status"] == "RUNNING")


CHECKS: Final = (
    Check("contacts", contacts),
    Check("suppression list", suppressed),
    Check("contracts", contracts),
    Check("statements", statements),
    Check("timers", timers),
)
