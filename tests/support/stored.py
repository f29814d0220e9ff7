"""What a deployment stores, as data: the statements' files, what waits on their queue, every item."""

from __future__ import annotations

import os
from typing import Any

from makegood import aws
from makegood.rules import maintenance
from makegood.rules.instants import Instant
from makegood.rules.intervals import Interval
from makegood.storage.contracts import versions_of
from makegood.storage.maintenance import works_of
from makegood_simulator.cloud import backend


def tables() -> dict[str, list[dict[str, Any]]]:
    """Every item of every table."""
    return {
        name: [_without_message_id(item.attrs) for item in table.all_items()]
        for name, table in backend("dynamodb").tables.items()
    }


def valid_windows(client: str, device: str, since: Instant, until: Instant) -> tuple[Interval, ...]:
    """When maintenance of the device counts, as the clock of its silence has it."""
    asked = maintenance.notices([version.contract for version in versions_of(client)])
    return maintenance.valid_windows(works_of(client), asked, device, since, until)


def files() -> dict[str, bytes]:
    """The statements' files."""
    bucket = os.environ["STATEMENTS_BUCKET"]
    listed = aws.s3().list_objects_v2(Bucket=bucket).get("Contents", [])
    return {
        item["Key"]: aws.s3().get_object(Bucket=bucket, Key=item["Key"])["Body"].read() for item in listed
    }


def put_back(stored: dict[str, bytes]) -> None:
    """Exactly these files are there."""
    bucket = os.environ["STATEMENTS_BUCKET"]
    for key in files():
        aws.s3().delete_object(Bucket=bucket, Key=key)
    for key, body in stored.items():
        aws.s3().put_object(Bucket=bucket, Key=key, Body=body)


def received() -> list[str]:
    """What was put on the queue of statements, in order."""
    sqs, url = aws.sqs(), os.environ["STATEMENTS_QUEUE_URL"]
    found = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        found += [message["Body"] for message in messages]
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def plain(value: Any) -> Any:
    """A value of moto's as JSON can hold it."""
    return sorted(value) if isinstance(value, set) else value.to_json()


def _without_message_id(attributes: dict[str, Any]) -> dict[str, Any]:
    """SES makes it up, and nothing follows from it."""
    return {name: value for name, value in attributes.items() if name != "message_id"}
