"""The hot path: one conditional write proves who beats and records when."""

from __future__ import annotations

import hmac
import os
import random
import time
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from makegood import lean_dynamodb

CONFLICT_ATTEMPTS = 4

_RECORD = "SET last_seen = :now, due_at = grace_seconds + :now"
_ALIVE = "#state = :up AND due_at >= :now AND last_seen <= :now"
_BY_OWNER = "token_hash = :who AND (attribute_not_exists(token_expires_at) OR token_expires_at >= :now)"
_BY_NEIGHBOUR = "via = :who"


class UnavailableError(Exception):
    """AWS failed us: nothing is known to be recorded, the caller should try again."""


@dataclass(frozen=True)
class Arrival:
    """When a request reached API Gateway, in whole seconds: `at` rounded down, where a silence begins, and
    `at_up` rounded up, where it ends."""

    at: int
    at_up: int


@dataclass(frozen=True)
class Proof:
    """Why a beat is believed: the hash of the device's own token, or the agent that saw it."""

    who: str
    by_token: bool


@dataclass(frozen=True)
class Recorded:
    """The beat stands; what the write itself tells about the device."""

    zone: str
    due_at: int
    practices: frozenset[str]


@dataclass(frozen=True)
class Agent:
    """Who reports on others: its own beat is on record already."""

    client: str
    device: str
    row: Recorded
    arrival: Arrival


@dataclass(frozen=True)
class Unproven:
    """No such device, or the proof does not fit it: nothing is recorded, and which of the two is not told."""


@dataclass(frozen=True)
class Uncommon:
    """The proof fits, but the device is not simply up: the slow path takes over."""


def record_beat(client: str, device: str, proof: Proof, arrival: Arrival) -> Recorded | Unproven | Uncommon:
    """Records a beat of a device that is up: one write and no read. Raises UnavailableError.

    When the write's condition fails, the row that comes back with the failure says why.
    """
    for attempt in range(1, CONFLICT_ATTEMPTS + 1):
        try:
            return _told_by(_write(client, device, proof, arrival.at)["Attributes"])
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "ConditionalCheckFailedException":
                return _explain(error.response.get("Item"), proof)
            if code != "TransactionConflictException" or attempt == CONFLICT_ATTEMPTS:
                raise UnavailableError(code) from error
            time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - jitter, not a secret
        except BotoCoreError as error:
            raise UnavailableError(type(error).__name__) from error
    raise AssertionError("the last attempt returns or raises")


def _write(client: str, device: str, proof: Proof, now: int) -> Any:
    return lean_dynamodb.update_item(
        TableName=os.environ["DEVICES_TABLE"],
        Key={"client": {"S": client}, "device": {"S": device}},
        UpdateExpression=_RECORD,
        ConditionExpression=f"{_ALIVE} AND {_BY_OWNER if proof.by_token else _BY_NEIGHBOUR}",
        ExpressionAttributeNames={"#state": "state"},
        ExpressionAttributeValues={
            ":now": {"N": str(now)},
            ":up": {"S": "up"},
            ":who": {"S": proof.who},
        },
        ReturnValues="ALL_NEW",
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )


def _explain(old: Any, proof: Proof) -> Unproven | Uncommon:
    if old is None or old["state"]["S"] == "retired":
        return Unproven()
    names = ("token_hash", "next_token_hash") if proof.by_token else ("via",)
    fits = any(hmac.compare_digest(old.get(name, {"S": ""})["S"], proof.who) for name in names)
    return Uncommon() if fits else Unproven()


def _told_by(item: dict[str, Any]) -> Recorded:
    return Recorded(
        zone=item["zone"]["S"],
        due_at=int(item["due_at"]["N"]),
        practices=frozenset(item.get("practices", {"SS": []})["SS"]),
    )
