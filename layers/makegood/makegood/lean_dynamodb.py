"""DynamoDB's UpdateItem without a client's layers: signed by botocore, over a connection that stays open.

A heartbeat is one such call, and of what a client spends on it most goes into what this call never needs. It
sends and answers what botocore's client would; tests compare the two. docs/performance.md has the figures.
"""

from __future__ import annotations

import json
import os
import random
import time
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials, ReadOnlyCredentials
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.httpsession import get_cert_path

ATTEMPTS: Final = 2
"""Few, and short: agents give up after five seconds and come again."""

TIMEOUT: Final = urllib3.Timeout(connect=1, read=1.5)
LONGEST_WAIT_SECONDS: Final = 0.2

PASSING: Final = frozenset(
    {
        "InternalServerError",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "TransactionInProgressException",
    }
)
"""Errors after which the same call may succeed at once, besides every status of 500 and above."""

Json = dict[str, Any]


def update_item(**call: Any) -> Json:
    """As botocore's client does it: its answer, or ClientError or EndpointConnectionError."""
    body = json.dumps(call).encode()
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _post(body)
        except ClientError as error:
            if attempt == ATTEMPTS or not _is_passing(error):
                raise
        except urllib3.exceptions.HTTPError as error:
            if attempt == ATTEMPTS:
                raise EndpointConnectionError(endpoint_url=_endpoint(), error=error) from error
        time.sleep(random.uniform(0, LONGEST_WAIT_SECONDS))  # noqa: S311 - jitter, not a secret
    raise AssertionError("the last attempt returns or raises")


def _post(body: bytes) -> Json:
    headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810.UpdateItem"}
    request = AWSRequest("POST", _endpoint(), headers, body)
    SigV4Auth(_credentials(), "dynamodb", _region()).add_auth(request)
    answer = _connections().urlopen(
        "POST", "/", body=body, headers=dict(request.headers.items()), retries=False
    )
    if answer.status == 200:
        return dict(json.loads(answer.data))
    raise _refusal(answer.status, answer.data)


def _refusal(status: int, data: bytes) -> ClientError:
    """What AWS said; where something on the way answered instead of DynamoDB, its status is the code."""
    try:
        said = dict(json.loads(data))
    except ValueError:
        said = {}
    code = str(said.pop("__type", status)).rpartition("#")[2]
    message = said.pop("message", said.pop("Message", ""))
    told = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
        **said,
    }
    return ClientError(told, "UpdateItem")  # type: ignore[arg-type] # not all of the metadata


def _is_passing(error: ClientError) -> bool:
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return status >= 500 or error.response["Error"]["Code"] in PASSING


@cache
def _connections() -> urllib3.HTTPConnectionPool:
    at = urlsplit(_endpoint())
    if at.scheme == "http":  # a stand-in on this machine
        return urllib3.HTTPConnectionPool(at.hostname or "", at.port, timeout=TIMEOUT, maxsize=1)
    return urllib3.HTTPSConnectionPool(
        at.hostname or "", at.port, timeout=TIMEOUT, maxsize=1, ca_certs=get_cert_path(verify=True)
    )


@cache
def _endpoint() -> str:
    configured = os.environ.get("AWS_ENDPOINT_URL_DYNAMODB") or os.environ.get("AWS_ENDPOINT_URL")
    suffix = "amazonaws.com.cn" if _region().startswith("cn-") else "amazonaws.com"
    return (configured or f"https://dynamodb.{_region()}.{suffix}").rstrip("/") + "/"


@cache
def _region() -> str:
    return os.environ.get("AWS_REGION") or os.environ["AWS_DEFAULT_REGION"]


def _credentials() -> ReadOnlyCredentials:
    """Lambda gives a process its role's credentials in the environment, for as long as it lives."""
    env = os.environ
    if "AWS_ACCESS_KEY_ID" in env:
        return ReadOnlyCredentials(
            env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], env.get("AWS_SESSION_TOKEN")
        )
    return _found_credentials().get_frozen_credentials()


@cache
def _found_credentials() -> Credentials:
    import botocore.session  # noqa: PLC0415 - slow to load, and Lambda has no need of it

    found = botocore.session.get_session().get_credentials()
    if found is None:
        raise EndpointConnectionError(endpoint_url=_endpoint(), error="no credentials")
    return found
