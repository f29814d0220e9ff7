"""AWS's answers about a deployment in process that is well, for tests of `makegood doctor` to spoil."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient
from botocore.exceptions import ClientError

from makegood.storage.canary import canary_row
from makegood.storage.devices import UP
from support.cast import START, an_up_device, sign_up
from support.deployment import Deployment

Answer = dict[str, Any]
TOPIC = "arn:aws:sns:eu-west-1:123456789012:makegood-AlarmTopic"
MAIL_TOPIC = "arn:aws:sns:eu-west-1:123456789012:makegood-MailEventsTopic"

RESOURCES = (
    ("SweepFunctionEveryMinute", "AWS::Scheduler::Schedule", "SweepFunctionEveryMinute"),
    ("CloseFunctionEveryQuarter", "AWS::Scheduler::Schedule", "CloseFunctionEveryQuarter"),
    ("StatementsQueue", "AWS::SQS::Queue", "https://sqs/statements"),
    ("StatementsDeadLetters", "AWS::SQS::Queue", "https://sqs/dead"),
    ("IssueFunctionStatements", "AWS::Lambda::EventSourceMapping", "one"),
    ("SweepErrors", "AWS::CloudWatch::Alarm", "makegood-SweepErrors"),
    ("SweepMissing", "AWS::CloudWatch::Alarm", "makegood-SweepMissing"),
    ("AlarmTopic", "AWS::SNS::Topic", TOPIC),
)


def refused(code: str, message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Something")


class Patient:
    """Answers by operation: a dictionary, or a function of the call's parameters. DynamoDB and Step Functions
    are those of the deployment."""

    def __init__(self, deployment: Deployment) -> None:
        self.now = deployment.now = START
        old = datetime.fromtimestamp(START - 86_400, UTC)
        self.alarms: dict[str, Answer] = {
            name: {"AlarmName": name, "StateValue": "OK", "ActionsEnabled": True, "AlarmActions": [TOPIC]}
            for _, kind, name in RESOURCES
            if kind == "AWS::CloudWatch::Alarm"
        }
        self.schedules: dict[str, Answer] = {
            name: {
                "Name": name,
                "GroupName": "default",
                "State": "ENABLED",
                "ScheduleExpression": "rate(1 minute)" if "Minute" in name else "rate(15 minutes)",
                "CreationDate": old,
                "Target": {"Arn": f"arn:{name}"},
            }
            for _, kind, name in RESOURCES
            if kind == "AWS::Scheduler::Schedule"
        }
        self.messages = {"https://sqs/statements": [0], "https://sqs/dead": [0]}
        self.identities: dict[str, bool] = {"provider.example": True}
        self.dkim: Answer = {"SigningEnabled": True, "Status": "SUCCESS"}
        self.mail_from: Answer = {
            "MailFromDomain": "bounce.provider.example",
            "MailFromDomainStatus": "SUCCESS",
        }
        self.held: dict[str, str] = {}
        self.ran: dict[str, int] = dict.fromkeys(self.schedules, START - 30)
        self.account: Answer = {
            "ProductionAccessEnabled": True,
            "SendingEnabled": True,
            "EnforcementStatus": "HEALTHY",
            "SendQuota": {"MaxSendRate": 14.0, "Max24HourSend": 50_000.0, "SentLast24Hours": 10.0},
        }
        self.configuration_set: Answer = {"SendingOptions": {"SendingEnabled": True}}
        self.destination: Answer = {
            "Name": "mail-events",
            "Enabled": True,
            "MatchingEventTypes": ["DELIVERY", "BOUNCE", "COMPLAINT", "REJECT"],
            "SnsDestination": {"TopicArn": MAIL_TOPIC},
        }
        self.subscriptions: list[Answer] = [
            {"SubscriptionArn": f"{TOPIC}:1", "Endpoint": "alarms@provider.example"}
        ]
        self.concurrency = 1_000
        self.skew = 0
        self.stack = "UPDATE_COMPLETE"
        self.created = old
        self.sending_rate = 0
        self.mapping = "Enabled"
        self.refusals: dict[str, Exception] = {}

    def answers(self) -> dict[str, Callable[[Answer], Answer]]:
        aws_time = datetime.fromtimestamp(self.now - self.skew, UTC)
        return {
            "GetCallerIdentity": lambda _: {
                "Arn": "arn:aws:sts::123456789012:user/moto",
                "ResponseMetadata": {"HTTPHeaders": {"date": format_datetime(aws_time, usegmt=True)}},
            },
            "DescribeStacks": lambda _: {"Stacks": [self._stack()]},
            "GetSchedule": self._schedule,
            "GetFunctionConfiguration": lambda call: {
                "FunctionName": call["FunctionName"],
                "LoggingConfig": {"LogGroup": call["FunctionName"].removeprefix("arn:")},
            },
            "FilterLogEvents": lambda call: {
                "events": [{}] * (self.ran[call["logGroupName"]] * 1_000 >= call["startTime"])
            },
            "GetAccountSettings": lambda _: {
                "AccountLimit": {"UnreservedConcurrentExecutions": self.concurrency}
            },
            "GetAccount": lambda _: self.account,
            "GetEmailIdentity": self._identity,
            "GetConfigurationSet": lambda _: self.configuration_set,
            "GetConfigurationSetEventDestinations": lambda _: {"EventDestinations": [self.destination]},
            "GetQueueAttributes": self._queue,
            "GetEventSourceMapping": lambda _: {"State": self.mapping},
            "DescribeAlarms": lambda call: {
                "MetricAlarms": [self.alarms[name] for name in call["AlarmNames"] if name in self.alarms]
            },
            "ListSubscriptionsByTopic": lambda _: {"Subscriptions": self.subscriptions},
            "GetSuppressedDestination": self._suppressed,
            "ListSuppressedDestinations": lambda _: {
                "SuppressedDestinationSummaries": [
                    {"EmailAddress": address, "Reason": reason} for address, reason in self.held.items()
                ]
            },
        }

    def _stack(self) -> Answer:
        rate = {"ParameterKey": "SendingRate", "ParameterValue": str(self.sending_rate)}
        return {"StackStatus": self.stack, "Parameters": [rate], "CreationTime": self.created}

    def _schedule(self, call: Answer) -> Answer:
        if call["Name"] not in self.schedules:
            raise refused("ResourceNotFoundException")
        return self.schedules[call["Name"]]

    def _identity(self, call: Answer) -> Answer:
        if call["EmailIdentity"] not in self.identities:
            raise refused("NotFoundException", "Email identity does not exist.")
        return {
            "VerifiedForSendingStatus": self.identities[call["EmailIdentity"]],
            "DkimAttributes": self.dkim,
            "MailFromAttributes": self.mail_from,
        }

    def _queue(self, call: Answer) -> Answer:
        """What is in it at one look after another, the last for good."""
        counts = self.messages[call["QueueUrl"]]
        count = counts.pop(0) if len(counts) > 1 else counts[0]
        values = dict.fromkeys(call["AttributeNames"], "0")
        return {"Attributes": values | {"ApproximateNumberOfMessages": str(count)}}

    def _suppressed(self, call: Answer) -> Answer:
        if call["EmailAddress"] not in self.held:
            raise refused("NotFoundException", "Email address does not exist on your suppression list.")
        return {"SuppressedDestination": {"Reason": self.held[call["EmailAddress"]]}}


@contextmanager
def a_patient(deployment: Deployment) -> Iterator[Patient]:
    """A deployment that is well: Acme with two devices, the canary heard, AWS's answers about the rest."""
    patient = Patient(deployment)
    sign_up()
    an_up_device("gateway", practices={"backup"})
    an_up_device("modem", via="gateway")
    canary_row("-", state=UP, last_seen=START - 40, due_at=START + 110).save()
    original = BaseClient._make_api_call  # type: ignore[attr-defined] # where botocore makes every call

    def call(client: Any, operation: str, parameters: Answer) -> Any:
        if operation in patient.refusals:
            raise patient.refusals[operation]
        answer = patient.answers().get(operation)
        return original(client, operation, parameters) if answer is None else answer(parameters)

    outputs = {"ALARM_TOPIC_ARN": TOPIC, "MAIL_EVENTS_TOPIC_ARN": MAIL_TOPIC}
    with patch.object(BaseClient, "_make_api_call", call), patch.dict(os.environ, outputs):
        yield patient
