"""A whole deployment in process, on moto: tables, sender, queue, bucket, keys and timer."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache
from typing import Any

import boto3
import pytest
from aws_lambda_powertools.utilities.parameters import clear_caches
from botocore.exceptions import EndpointConnectionError
from moto import mock_aws
from moto.backends import get_backend

from makegood import aws, clock
from makegood.storage.tables import bind_tables

ACCOUNT = "123456789012"
REGION = "eu-west-1"
ROLE = "arn:aws:iam::123456789012:role/timer"
NEVER_ENDING = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 60, "End": True}}}


@dataclass
class Deployment:
    """What a test may look at and break."""

    now: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    refuse_mail: set[str] = field(default_factory=set)
    ses_is_down: bool = False

    def executions(self) -> list[str]:
        """The names of all timers ever started."""
        sfn = _client("stepfunctions")
        listed = sfn.list_executions(stateMachineArn=os.environ["STATE_MACHINE_ARN"])["executions"]
        return sorted(execution["name"] for execution in listed)

    def snapshot(self) -> tuple[Any, ...]:
        """Everything that is stored, to go back to."""
        return (
            deepcopy(_backend("dynamodb").tables),
            deepcopy(_machine().executions),
            list(self.mails),
        )

    def restore(self, snapshot: tuple[Any, ...]) -> None:
        """Everything is as it was at the snapshot."""
        tables, executions, mails = snapshot
        _backend("dynamodb").tables = deepcopy(tables)
        _machine().executions = deepcopy(executions)
        self.mails[:] = mails

    def mails_to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.mails if mail["To"] == address]

    def subjects(self) -> list[str]:
        return [str(mail["Subject"]) for mail in self.mails]


@pytest.fixture
def deployment() -> Iterator[Deployment]:
    """An empty deployment whose clock stands at `deployment.now`."""
    with a_deployment() as state:
        yield state


@contextmanager
def a_deployment() -> Iterator[Deployment]:
    """The same for a test that needs more than one."""
    with mock_aws(), pytest.MonkeyPatch.context() as monkeypatch:
        create_tables()
        _create_services()
        bind_tables(os.environ["DEVICES_TABLE"], os.environ["RECORDS_TABLE"])
        clear_caches()
        state = Deployment()
        monkeypatch.setattr(clock, "now", lambda: state.now)
        monkeypatch.setattr(clock, "after_effect", lambda: state.now)
        _record_mails(monkeypatch, state)
        yield state


def create_tables() -> None:
    """The two tables, as infra/template.yaml declares them (tests/infra compares)."""
    dynamodb = _client("dynamodb")
    dynamodb.create_table(
        TableName=os.environ["DEVICES_TABLE"],
        KeySchema=_keys("client", "device"),
        AttributeDefinitions=_attributes(client="S", device="S"),
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.create_table(
        TableName=os.environ["RECORDS_TABLE"],
        KeySchema=_keys("pk", "sk"),
        AttributeDefinitions=_attributes(pk="S", sk="S", open_shard="S", wake_at="N"),
        GlobalSecondaryIndexes=[
            {
                "IndexName": "open",
                "KeySchema": _keys("open_shard", "wake_at"),
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )


def _create_services() -> None:
    _client("sesv2").create_email_identity(EmailIdentity="provider.example")
    _client("sesv2").create_configuration_set(ConfigurationSetName=os.environ["CONFIGURATION_SET"])
    _client("sqs").create_queue(QueueName="statements")
    _client("s3").create_bucket(
        Bucket=os.environ["STATEMENTS_BUCKET"],
        CreateBucketConfiguration={"LocationConstraint": "eu-west-1"},
    )
    _client("secretsmanager").create_secret(
        Name=os.environ["LINK_KEYS_ARN"], SecretString=json.dumps({"current": "k1", "k1": "a test's secret"})
    )
    _client("stepfunctions").create_state_machine(
        name="Incident", definition=json.dumps(NEVER_ENDING), roleArn=ROLE
    )


def _record_mails(monkeypatch: pytest.MonkeyPatch, state: Deployment) -> None:
    """Keeps every mail that SES took, as it went out; refuses those to `refuse_mail` as SES would."""
    ses = aws.ses()
    send = ses.send_email

    def send_and_keep(**call: Any) -> Any:
        if state.ses_is_down:
            raise EndpointConnectionError(endpoint_url="https://email")
        if set(call["Destination"]["ToAddresses"]) & state.refuse_mail:
            error = {
                "Error": {"Code": "TooManyRequestsException", "Message": "Maximum sending rate exceeded."}
            }
            raise ses.exceptions.TooManyRequestsException(error, "SendEmail")  # type: ignore[arg-type]
        answer = send(**call)
        mail = message_from_bytes(call["Content"]["Raw"]["Data"], policy=policy.default)
        assert isinstance(mail, EmailMessage)
        mail["X-Tags"] = json.dumps({tag["Name"]: tag["Value"] for tag in call["EmailTags"]})
        state.mails.append(mail)
        return answer

    monkeypatch.setattr(ses, "send_email", send_and_keep)


def _backend(service: Any) -> Any:
    return get_backend(service)[ACCOUNT][REGION]


def _machine() -> Any:
    (machine,) = _backend("stepfunctions").state_machines
    return machine


@cache
def _client(service: str) -> Any:
    """Making clients is most of what a deployment in process costs."""
    return boto3.client(service)  # type: ignore[call-overload]  # any service


def _keys(hash_key: str, range_key: str) -> list[Any]:
    return [
        {"AttributeName": hash_key, "KeyType": "HASH"},
        {"AttributeName": range_key, "KeyType": "RANGE"},
    ]


def _attributes(**types: str) -> list[Any]:
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()]
