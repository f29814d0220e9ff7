"""One client per AWS service and process, made at its first use, all of one session.

A session reads the descriptions of services once, which is most of what a client costs.
"""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import botocore.loaders
import botocore.session
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

_SES_CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})
"""A mail or a text message is tried again by its incident's timer: no call may use up a function's time."""

_CONFIG = Config(
    connect_timeout=2,
    read_timeout=10,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=32,
)
"""The sweep starts timers with many threads; a connection that finds no room is made anew each time."""

_TABLES_CONFIG = Config(
    connect_timeout=2,
    read_timeout=10,
    retries={"mode": "standard", "total_max_attempts": 4},
    max_pool_connections=32,
    parameter_validation=False,
)
"""Calls of many threads at once; PynamoDB makes most of them, and makes them right."""

SERVICES: Final = [
    "dynamodb",
    "events",
    "kms",
    "lambda",
    "s3",
    "secretsmanager",
    "sesv2",
    "sns",
    "sqs",
    "stepfunctions",
]
_making: Final = Lock()


def dynamodb() -> DynamoDBClient:
    """The client of PynamoDB's models too (`storage.models`)."""
    client: DynamoDBClient = _client("dynamodb", _TABLES_CONFIG)
    return client


def stepfunctions() -> SFNClient:
    client: SFNClient = _client("stepfunctions", _CONFIG)
    return client


def ses() -> SESV2Client:
    client: SESV2Client = _client("sesv2", _SES_CONFIG)
    return client


def sqs() -> SQSClient:
    client: SQSClient = _client("sqs", _CONFIG)
    return client


def kms() -> KMSClient:
    client: KMSClient = _client("kms", _CONFIG)
    return client


def functions() -> LambdaClient:
    client: LambdaClient = _client("lambda", _CONFIG)
    return client


def sns() -> SNSClient:
    client: SNSClient = _client("sns", _SES_CONFIG)
    return client


def s3() -> S3Client:
    client: S3Client = _client("s3", _CONFIG)
    return client


def secretsmanager() -> SecretsManagerClient:
    client: SecretsManagerClient = _client("secretsmanager", _CONFIG)
    return client


def eventbridge() -> Any:
    return _client("events", _CONFIG)


def forget_clients() -> None:
    """Clients that are made from now on are for what the environment says now."""
    _make.cache_clear()
    _session.cache_clear()


def _client(service: str, config: Config) -> Any:
    """Threads may ask at the same time; a session makes one client after the other."""
    with _making:
        return _make(service, config)


@cache
def _make(service: str, config: Config) -> Any:
    return _session().create_client(service, config=config)


@cache
def _session() -> botocore.session.Session:
    session = botocore.session.get_session()
    session.register_component("data_loader", _Loader())
    return session


class _Loader(botocore.loaders.Loader):
    """Knows which services there are; botocore looks for them in 900 folders, which takes a while."""

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - whatever is asked of them
        return SERVICES
