"""Faults of a deployment in process, each with the finding of `makegood doctor` that it must lead to."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from makegood.storage.contacts import flag_bounce, flag_complaint
from makegood.storage.contracts import versions_of
from makegood.storage.devices import Device
from makegood.storage.incidents import open_incident
from makegood.storage.records import CLIENTS, ClientEntry, ContractVersion
from makegood.timers import start_timer
from makegood_simulator.cloud import client
from support.cast import OWNER, START, TESS, a_contract, an_up_device, sign_up
from support.sick import Patient

Spoil = Callable[[Patient], object]


def an_incident(patient: Patient) -> Any:
    row = an_up_device("till", last_seen=START - 400)
    incident = open_incident(row, START, versions_of("acme-dental"))
    assert incident is not None
    return incident


def a_stopped_timer(patient: Patient) -> None:
    start_timer(an_incident(patient))
    sfn = client("stepfunctions")
    [timer] = sfn.list_executions(stateMachineArn=os.environ["STATE_MACHINE_ARN"])["executions"]
    sfn.stop_execution(executionArn=timer["executionArn"])


def an_overslept_timer(patient: Patient) -> None:
    incident = an_incident(patient)
    start_timer(incident)
    incident.wake_at = START - 181
    incident.save()


def a_statement_that_is_late(patient: Patient) -> None:
    ClientEntry(CLIENTS, "acme-dental", next_period="2026-02").save()
    version = ContractVersion.get("acme-dental", "contract#2026-01-01")
    version.update(actions=[ContractVersion.applied_at.set(START - 86_400)])


def many_statements(patient: Patient) -> None:
    everybody = [f"owner{number}@acme.example" for number in range(100)]
    contacts = {"statements": everybody}
    sign_up(a_contract(client="beta", contacts=contacts, outages=None, practices=None))
    patient.account["SendQuota"].update(MaxSendRate=0.05)


def a_new_schedule(patient: Patient, **changes: Any) -> None:
    patient.schedules["SweepFunctionEveryMinute"] |= changes


def canary_last_heard(at: int) -> None:
    row = Device.get("canary", "canary")
    row.last_seen = at
    row.save()


SWEEP, CLOSE = "schedule SweepFunctionEveryMinute", "schedule CloseFunctionEveryQuarter"
SES, SET = "SES in eu-west-1", "configuration set makegood"
ACCOUNT = ("SES account", SES)

FAULTS: dict[str, tuple[Spoil, str, str, str]] = {
    "rolled back": (
        lambda p: setattr(p, "stack", "UPDATE_ROLLBACK_COMPLETE"),
        "stack",
        "stack makegood",
        "its last deployment ended as UPDATE_ROLLBACK_COMPLETE",
    ),
    "disabled": (lambda p: a_new_schedule(p, State="DISABLED"), "schedules", SWEEP, "it is disabled"),
    "schedule gone": (
        lambda p: p.schedules.pop("SweepFunctionEveryMinute"),
        "schedules",
        SWEEP,
        "it is gone",
    ),
    "does not run": (
        lambda p: p.ran.update(SweepFunctionEveryMinute=START - 301),
        "schedules",
        SWEEP,
        "it is enabled, but its function has not run for 5 minutes",
    ),
    "runs too seldom": (
        lambda p: p.ran.update(CloseFunctionEveryQuarter=START - 2_701),
        "schedules",
        CLOSE,
        "it is enabled, but its function has not run for 45 minutes",
    ),
    "canary stale": (
        lambda _: canary_last_heard(START - 151),
        "canary",
        "canary",
        "it was last heard at 2026-03-12T03:57:29Z, 2.5 min ago, and should be every 1 minute",
    ),
    "no canary": (
        lambda _: Device.get("canary", "canary").delete(),
        "canary",
        "canary",
        "it was never heard",
    ),
    "too few functions": (
        lambda p: setattr(p, "concurrency", 11),
        "Lambda concurrency",
        "Lambda in eu-west-1",
        "1 agent / 60 s × 0.2 s = 1 heartbeat, 1 outage × 5 s / 60 s = 1 step, 5 schedules and 5 pages: "
        "12 functions at one time; the account runs 11",
    ),
    "clock ahead": (
        lambda p: setattr(p, "skew", 6),
        "clock",
        "this machine",
        "its clock is 6 s ahead of AWS's",
    ),
    "clock behind": (
        lambda p: setattr(p, "skew", -6),
        "clock",
        "this machine",
        "its clock is 6 s behind AWS's",
    ),
    "sender unknown": (
        lambda p: p.identities.clear(),
        "sender verified",
        "guarantee@provider.example",
        "SES in eu-west-1 knows neither it nor provider.example",
    ),
    "sender not verified": (
        lambda p: p.identities.update({"provider.example": False}),
        "sender verified",
        "guarantee@provider.example",
        "SES knows provider.example, but it is not verified",
    ),
    "DKIM records missing": (
        lambda p: p.dkim.update(Status="PENDING"),
        "sender signed",
        "provider.example",
        "SES does not find its DKIM records (pending)",
    ),
    "DKIM off": (
        lambda p: p.dkim.update(SigningEnabled=False),
        "sender signed",
        "provider.example",
        "its DKIM is switched off",
    ),
    "no DKIM": (
        lambda p: p.dkim.clear(),
        "sender signed",
        "provider.example",
        "SES does not find its DKIM records (not_started)",
    ),
    "MAIL FROM records missing": (
        lambda p: p.mail_from.update(MailFromDomainStatus="FAILED"),
        "sender signed",
        "provider.example",
        "SES does not find the records of its MAIL FROM domain bounce.provider.example (failed)",
    ),
    "sandbox": (
        lambda p: p.account.update(ProductionAccessEnabled=False),
        *ACCOUNT,
        "the account is in the sandbox",
    ),
    "sending off": (lambda p: p.account.update(SendingEnabled=False), *ACCOUNT, "sending is switched off"),
    "probation": (
        lambda p: p.account.update(EnforcementStatus="PROBATION"),
        *ACCOUNT,
        "AWS has put the account under probation",
    ),
    "set off": (
        lambda p: p.configuration_set.update(SendingOptions={"SendingEnabled": False}),
        "events of mails",
        SET,
        "sending is switched off for it",
    ),
    "no deliveries": (
        lambda p: p.destination.update(MatchingEventTypes=["BOUNCE", "COMPLAINT"]),
        "events of mails",
        SET,
        "SES reports no delivery, reject,",
    ),
    "reported elsewhere": (
        lambda p: p.destination.update(SnsDestination={"TopicArn": "arn:other"}),
        "events of mails",
        SET,
        "SES reports no bounce, complaint, delivery, reject,",
    ),
    "too slow for notices": (
        lambda p: p.account["SendQuota"].update(MaxSendRate=0.01),
        "SES rate",
        SES,
        "an outage at each of 1 client at once is 4 mails in 540 s (the shortest notice less grace and time "
        "to detect); half of SES's 0.01 a second is theirs, which takes 800 s",
    ),
    "too slow for statements": (
        many_statements,
        "SES rate",
        SES,
        "the statements due at 2026-04-03T13:00:00Z are 101 mails in 2,700 s; half of SES's 0.05 a second is "
        "theirs, which takes 4,040 s",
    ),
    "reckons with too much": (
        lambda p: setattr(p, "sending_rate", 15),
        "SES rate",
        "stack makegood",
        "it reckons with 15 mails a second (SendingRate), but SES takes 14",
    ),
    "quota used up": (
        lambda p: p.account["SendQuota"].update(Max24HourSend=26, SentLast24Hours=10),
        "SES daily quota",
        SES,
        "a day with statements and an outage at each client is 1 + 4 × 4 = 17 mails; SES sends 26 in 24 "
        "hours, of which 16 are left",
    ),
    "given up": (
        lambda p: p.messages.update({"https://sqs/dead": [1]}),
        "queues",
        "queue StatementsDeadLetters",
        "1 message is given up",
    ),
    "not drained": (
        lambda p: p.messages.update({"https://sqs/statements": [5, 6, 5]}),
        "queues",
        "queue StatementsQueue",
        "5 messages are waiting, no fewer from look to look",
    ),
    "not taken": (
        lambda p: setattr(p, "mapping", "Disabled"),
        "event sources",
        "event source IssueFunctionStatements",
        "it is disabled",
    ),
    "alarm gone": (
        lambda p: p.alarms.pop("makegood-SweepErrors"),
        "alarms",
        "alarm SweepErrors",
        "it is gone",
    ),
    "alarm off": (
        lambda p: p.alarms["makegood-SweepErrors"].update(ActionsEnabled=False),
        "alarms",
        "alarm SweepErrors",
        "its action is switched off or goes elsewhere",
    ),
    "alarm elsewhere": (
        lambda p: p.alarms["makegood-SweepErrors"].update(AlarmActions=["arn:other"]),
        "alarms",
        "alarm SweepErrors",
        "its action is switched off or goes elsewhere",
    ),
    "alarm raised": (
        lambda p: p.alarms["makegood-SweepErrors"].update(
            StateValue="ALARM", AlarmDescription="A sweep failed."
        ),
        "alarms",
        "alarm SweepErrors",
        "it is raised. A sweep failed.",
    ),
    "nobody listens": (
        lambda p: p.subscriptions.clear(),
        "alarm topic",
        "alarm topic",
        "nobody is subscribed",
    ),
    "not confirmed": (
        lambda p: p.subscriptions[0].update(SubscriptionArn="PendingConfirmation"),
        "alarm topic",
        "subscription of alarms@provider.example",
        "it was never confirmed",
    ),
    "bounced": (
        lambda _: flag_bounce("acme-dental", OWNER, START - 60),
        "contacts",
        f"contact {OWNER} of acme-dental",
        "mails come back since 2026-03-12T03:59:00Z",
    ),
    "complained": (
        lambda _: flag_complaint("acme-dental", OWNER, START - 60),
        "contacts",
        f"contact {OWNER} of acme-dental",
        "somebody there called our mail unwanted",
    ),
    "client held back": (
        lambda p: p.held.update({OWNER: "BOUNCE"}),
        "suppression list",
        f"contact {OWNER} of acme-dental",
        "SES sends nothing to it any more (bounce)",
    ),
    "technician held back": (
        lambda p: p.held.update({TESS: "COMPLAINT"}),
        "suppression list",
        f"contact {TESS} of the provider",
        "SES sends nothing to it any more (complaint)",
    ),
    "unkeepable": (
        lambda _: an_up_device("slow", grace_seconds=270),
        "contracts",
        "contract of acme-dental from 2026-01-01",
        "outages.notify.within: must be longer than 900s, which is twice the longest grace (270s)",
    ),
    "practice without device": (
        lambda _: Device.get("acme-dental", "gateway").update(actions=[Device.practices.remove()]),
        "contracts",
        "contract of acme-dental from 2026-01-01",
        "no device is enrolled for what is promised: backup; nothing is counted",
    ),
    "late statement": (
        a_statement_that_is_late,
        "statements",
        "statement of acme-dental for 2026-02",
        "it is not out",
    ),
    "stopped timer": (
        a_stopped_timer,
        "timers",
        "incident till-20260312T035320Z of acme-dental",
        "no timer runs",
    ),
    "no timer": (an_incident, "timers", "incident till-20260312T035320Z of acme-dental", "no timer runs"),
    "overslept": (
        an_overslept_timer,
        "timers",
        "incident till-20260312T035320Z of acme-dental",
        "no timer runs",
    ),
}
