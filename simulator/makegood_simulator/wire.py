"""The way to AWS: every call is seen, takes its time, and may go wrong; meanwhile others go on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import botocore.client
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from makegood_simulator.clockwork import Agenda
from makegood_simulator.faults import Fate, Faults
from makegood_simulator.witness import Milliseconds

DEEPEST = 4
"""So many invocations run inside each other's calls at most; what falls due meanwhile comes a little late."""

RARELY = 3
"""What runs a few times a month is struck so many times as often as the rest."""

SLOW_MAIL = 10
"""SES is slow so many times as often as the rest, so that its reports overtake its answers."""

_OFTEN = {"HeartbeatFunction", "SweepFunction", "AdvanceFunction", "DeliveriesFunction", "CloseFunction"}

Call = dict[str, Any]
Observer = Callable[["Invocation", str, Call, Any], None]


class DefectError(BaseException):
    """The simulator itself is wrong; no function under test may take it for an error of AWS."""


class Killed(BaseException):
    """The process is gone; no handler of exceptions can catch it."""


@dataclass(eq=False)
class Invocation:
    """A process that runs: a function with its event, or an operator's command."""

    name: str
    event: Any
    started_at: Milliseconds
    ends_at: Milliseconds | None
    watchers: list[Callable[[str, Call], None]] = field(default_factory=list)
    is_struck: bool = False
    """Whether anything has gone wrong in it: it may have died before it could say what it did."""


class Wire:
    """Stands between every AWS client and moto."""

    def __init__(self, agenda: Agenda, faults: Faults) -> None:
        self.agenda = agenda
        self.faults = faults
        self.running: list[Invocation] = []
        self.before: list[Callable[[str, Call], None]] = []
        self.observers: list[Observer] = []
        self.answered: list[Callable[[str, Call], None]] = []
        self.mail_is_down_until: Milliseconds = 0
        self.calls = 0
        self.fates: Counter[Fate] = Counter()

    @contextmanager
    def laid(self) -> Iterator[None]:
        """Every call of every client in this process goes along this wire."""
        client: Any = botocore.client.BaseClient
        real = client._make_api_call

        def make(sender: Any, operation: str, arguments: Call) -> Any:
            if not self.running:
                return real(sender, operation, arguments)

            # A copy, since S3's client puts a stream in the place of a body.
            return self._call(lambda: real(sender, operation, dict(arguments)), sender, operation, arguments)

        with patch("botocore.client.BaseClient._make_api_call", make):
            yield

    def spend(self, time: Milliseconds) -> None:
        """Time passes; whatever falls due meanwhile happens, as in other processes."""
        until = self.agenda.now + time
        if time and len(self.running) <= DEEPEST:
            self.agenda.play(until)
        self.agenda.now = max(self.agenda.now, until)

    def _call(self, real: Callable[[], Any], sender: Any, operation: str, arguments: Call) -> Any:
        invocation = self.running[-1]
        if self._is_out_of_time(invocation):  # others took their time while it waited for its turn
            invocation.is_struck = True
            raise Killed(operation)
        self.calls += 1
        fate = self._fate(invocation, operation)
        invocation.is_struck = invocation.is_struck or fate is not Fate.WELL
        if fate is Fate.DIES_BEFORE:
            raise Killed(operation)
        if fate is Fate.REFUSED:
            raise _refusal(sender, operation, self.faults)
        for look in self.before:
            look(operation, arguments)
        answer = self._answer(real, invocation, operation, arguments)
        is_hurried, times = (
            invocation.name == "HeartbeatFunction",
            SLOW_MAIL if operation == "SendEmail" else 1,
        )
        self.spend(self.faults.latency(self.agenda.now, is_hurried, times))
        if fate is Fate.TWICE and operation not in _SAME_TOKEN:
            answer = self._answer(real, invocation, operation, arguments)
        if fate is Fate.DIES_AFTER or self._is_out_of_time(invocation):
            invocation.is_struck = True
            raise Killed(operation)
        if fate is Fate.LOST:
            raise ReadTimeoutError(endpoint_url=operation)
        if isinstance(answer, ClientError):
            raise answer
        for hear in self.answered:
            hear(operation, arguments)
        return answer

    def _fate(self, invocation: Invocation, operation: str) -> Fate:
        if operation == "SendEmail" and self.agenda.now < self.mail_is_down_until:
            return Fate.REFUSED
        fate = self.faults.fate(self.agenda.now, 1 if invocation.name in _OFTEN else RARELY)
        if fate is not Fate.WELL:
            self.fates[fate] += 1
        return fate

    def _answer(self, real: Callable[[], Any], invocation: Invocation, operation: str, call: Call) -> Any:
        """What AWS answers: an error too, since the call may be made again before it is looked at."""
        try:
            answer = real()
        except ClientError as error:
            return error
        try:
            for observe in self.observers:
                observe(invocation, operation, call, answer)
            for watch in invocation.watchers:
                watch(operation, call)
        except Exception as error:
            raise DefectError(operation) from error
        return answer

    def is_dying(self, invocation: Invocation) -> bool:
        """Whether its time is over while it waits for its call to return: it will not go on."""
        return self._is_out_of_time(invocation) and any(each is invocation for each in self.running)

    def _is_out_of_time(self, invocation: Invocation) -> bool:
        return invocation.ends_at is not None and self.agenda.now > invocation.ends_at


_SAME_TOKEN = {"TransactWriteItems"}
"""Made again with the same token, which DynamoDB answers as the first time."""

_REFUSALS = {
    "dynamodb": ["ProvisionedThroughputExceededException", "InternalServerError", "RequestLimitExceeded"],
    "sfn": ["ThrottlingException", "ExecutionLimitExceeded", "InternalServerError"],
    "sesv2": ["TooManyRequestsException", "LimitExceededException", "InternalServiceErrorException"],
    "s3": ["SlowDown", "InternalError"],
    "sqs": ["ThrottlingException", "InternalError"],
    "secrets-manager": ["InternalServiceError", "ThrottlingException"],
}
_CONFLICTING = {"UpdateItem", "PutItem", "DeleteItem"}


def _refusal(sender: Any, operation: str, faults: Faults) -> Exception:
    """An error as the service really answers, or no answer at all."""
    service = sender.meta.service_model.service_id.hyphenize()
    codes = _REFUSALS.get(service, ["InternalServerError"])
    if operation in _CONFLICTING:
        codes = [*codes, "TransactionConflictException"]
    if operation == "TransactWriteItems":
        codes = [*codes, "TransactionCanceledException"]
    code = faults.chance.choice([*codes, "no answer"])
    if code == "no answer":
        return EndpointConnectionError(endpoint_url=operation)
    response: Any = {"Error": {"Code": code, "Message": "so it was drawn"}}
    if code == "TransactionCanceledException":
        response["CancellationReasons"] = [{"Code": "TransactionConflict"}]
    error: Exception = sender.exceptions.from_code(code)(response, operation)
    return error


def sets(update: Call, attribute: str) -> bool:
    """Whether an update, as PynamoDB or the heartbeat's own client writes it, sets an attribute."""
    names = update.get("ExpressionAttributeNames", {})
    aliases = {alias for alias, name in names.items() if name == attribute} | {attribute}
    assigned = update.get("UpdateExpression", "").partition("SET ")[2]
    return any(f"{alias} = " in f" {assigned}" for alias in aliases)


def touches(call: Call, table: str) -> bool:
    """Whether a call reads or writes this table."""
    items = [write for item in call.get("TransactItems", ()) for write in item.values()]
    return any(part.get("TableName") == table for part in (call, *items))


def writes(operation: str, call: Call) -> Iterator[tuple[str, Call]]:
    """Each single write in a call: (Put | Update, what is written)."""
    if operation == "TransactWriteItems":
        for item in call["TransactItems"]:
            yield from item.items()
    elif operation in ("PutItem", "UpdateItem"):
        yield operation.removesuffix("Item"), call
