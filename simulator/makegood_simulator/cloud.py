"""A whole deployment in process, on moto: tables, sender, queue, bucket, keys and the state machine."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import RLock
from typing import Any
from unittest.mock import patch

import boto3
from moto import mock_aws
from moto.backends import get_backend
from moto.core.botocore_stubber import BotocoreStubber
from moto.moto_api._internal import mock_random

from makegood import aws, lean_dynamodb
from makegood.secret_texts import forget_secrets
from makegood.signing import public_key
from makegood.storage.tables import bind_tables
from makegood_simulator.signing_key import make_repeatable

ACCOUNT = "123456789012"
REGION = "eu-west-1"
LINK_KEYS = {"current": "k1", "k1": "a deployment in process"}

TECHNICIANS = ("tess@provider.example", "tom@provider.example")

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "POWERTOOLS_SERVICE_NAME": "makegood",
    "DEVICES_TABLE": "Devices",
    "RECORDS_TABLE": "Records",
    "STATE_MACHINE_ARN": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:Incident",
    "SENDER": "Makegood <guarantee@provider.example>",
    "REPLY_TO": "help@provider.example",
    "TECHNICIANS": ",".join(TECHNICIANS),
    "BASE_URL": "https://makegood.provider.example",
    "CONFIGURATION_SET": "makegood",
    "LINK_KEYS_ARN": "makegood-link-keys",
    "SIGNING_KEY_ARN": "alias/makegood-statements",
    "STATEMENTS_BUCKET": "makegood-statements",
    "STATEMENTS_QUEUE_URL": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/statements",
    "DETECTION_SECONDS": "180",
    "EVENT_BUS": "makegood",
    "CANARY_KEY_ARN": "makegood-canary-key",
    "OUTSIDE_PING_URL": "",
}
"""A made-up deployment, never the caller's AWS account."""

ONE_AT_A_TIME = RLock()
"""Held by whoever calls moto: it is not made for threads, and the functions call AWS from several at once."""

_LEFT_OUT = ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_DEFAULT_PROFILE")
_ROLE = f"arn:aws:iam::{ACCOUNT}:role/timer"
_NEVER_ENDING = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 60, "End": True}}}


def use_environment() -> None:
    """The settings of the made-up deployment, for this process from now on."""
    os.environ.update(ENVIRONMENT)
    for name in _LEFT_OUT:
        os.environ.pop(name, None)


@contextmanager
def silence() -> Iterator[None]:
    """The functions print no logs, which also makes them faster."""
    logging.disable()
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


@contextmanager
def cloud(seed: int = 0) -> Iterator[None]:
    """An empty deployment; names that AWS makes up are the same for the same seed."""
    with mock_aws(), _heard_by_moto(), _one_at_a_time():
        mock_random.seed(seed)
        create_tables()
        _create_services()
        bind_tables(ENVIRONMENT["DEVICES_TABLE"], ENVIRONMENT["RECORDS_TABLE"])
        forget_secrets()
        public_key.cache_clear()
        yield


@contextmanager
def _heard_by_moto() -> Iterator[None]:
    """moto hears clients alone, so the one call that goes without takes the way of one."""

    def update_item(**call: Any) -> Any:
        return aws.dynamodb().update_item(**call)

    with patch.object(lean_dynamodb, "update_item", update_item):
        yield


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """moto copies a whole table for a transaction, and fails when another thread writes to it meanwhile."""
    process_request = BotocoreStubber.process_request

    def process(stubber: BotocoreStubber, request: Any) -> Any:
        with ONE_AT_A_TIME:
            return process_request(stubber, request)

    with patch.object(BotocoreStubber, "process_request", process):
        yield


def backend(service: Any) -> Any:
    """What moto keeps of a service."""
    return get_backend(service)[ACCOUNT][REGION]


def timer_machine() -> Any:
    """The state machine of the timers as moto keeps it, with its executions."""
    (machine,) = backend("stepfunctions").state_machines
    return machine


def create_tables() -> None:
    """The two tables, as infra/template.yaml declares them (tests/infra compares)."""
    dynamodb = client("dynamodb")
    dynamodb.create_table(
        TableName=ENVIRONMENT["DEVICES_TABLE"],
        KeySchema=_keys("client", "device"),
        AttributeDefinitions=_attributes(client="S", device="S"),
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.create_table(
        TableName=ENVIRONMENT["RECORDS_TABLE"],
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


@cache
def client(service: str) -> Any:
    """Making clients is most of what a deployment in process costs."""
    return boto3.client(service)  # type: ignore[call-overload]  # any service


def _create_services() -> None:
    client("sesv2").create_email_identity(EmailIdentity="provider.example")
    client("sesv2").create_configuration_set(ConfigurationSetName=ENVIRONMENT["CONFIGURATION_SET"])
    client("sqs").create_queue(QueueName="statements")
    client("s3").create_bucket(
        Bucket=ENVIRONMENT["STATEMENTS_BUCKET"], CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    client("events").create_event_bus(Name=ENVIRONMENT["EVENT_BUS"])
    client("secretsmanager").create_secret(
        Name=ENVIRONMENT["LINK_KEYS_ARN"],
        SecretString=json.dumps(LINK_KEYS),
    )
    key = client("kms").create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    client("kms").create_alias(AliasName=ENVIRONMENT["SIGNING_KEY_ARN"], TargetKeyId=key)
    make_repeatable(backend("kms").keys[key])
    client("secretsmanager").create_secret(
        Name=ENVIRONMENT["CANARY_KEY_ARN"], SecretString="the canary of a deployment in process"
    )
    client("stepfunctions").create_state_machine(
        name="Incident", definition=json.dumps(_NEVER_ENDING), roleArn=_ROLE
    )


def _keys(hash_key: str, range_key: str) -> list[Any]:
    return [
        {"AttributeName": hash_key, "KeyType": "HASH"},
        {"AttributeName": range_key, "KeyType": "RANGE"},
    ]


def _attributes(**types: str) -> list[Any]:
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()]
