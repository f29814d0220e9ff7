"""What a check sees of a deployment, and what it answers: findings and cures, or why it could not look."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

from makegood.rules.contracts import Contract
from makegood.rules.instants import Instant
from makegood.storage.canary import CLIENT as CANARY
from makegood.storage.contracts import Version, all_clients, version_in_force, versions_of
from makegood.storage.devices import RETIRED, Device
from makegood.storage.records import ClientEntry
from makegood_cli.failures import explain

_CONFIG = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 3})

_NOT_ANSWERED: Final = ("unknown ses v2 path", "unknown action", "not implemented", "unknown operation")
_NO_OPERATION: Final = ("InvalidAction", "UnknownOperationException", "NotImplemented", "UnknownOperation")


@dataclass(frozen=True)
class Resource:
    """A resource of the stack: its name in the template, and the one it has in this account."""

    logical: str
    kind: str
    physical: str


@dataclass(frozen=True)
class Finding:
    """Something that is wrong: where, what, and what to do about it."""

    where: str
    what: str
    cure: str


@dataclass(frozen=True)
class Unchecked:
    """Something that could not be looked at: it may be right or wrong."""

    where: str
    why: str


@dataclass(frozen=True)
class Note:
    """What was seen and is right, such as the arithmetic behind it."""

    said: str


Seen = Finding | Unchecked | Note


@dataclass(frozen=True)
class Fleet:
    """How many agents beat; the longest grace of each client's devices, and the practices that they show."""

    agents: int
    longest_grace: dict[str, int]
    practices: dict[str, set[str]]


@dataclass
class Clinic:
    """One look at a deployment; what several checks need is read once. `now` is by AWS's clock."""

    stack: str
    region: str
    outputs: dict[str, str]
    resources: tuple[Resource, ...]
    now: Instant
    skew: int | None
    _clients: dict[str, Any] = field(default_factory=dict)

    def aws(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = boto3.client(service, config=_CONFIG)  # type: ignore[call-overload] # any
        return self._clients[service]

    def of_kind(self, kind: str) -> list[Resource]:
        return [resource for resource in self.resources if resource.kind == kind]

    def named(self, logical: str) -> str | None:
        """The physical name of the template's resource; None when the stack has none such."""
        return next((each.physical for each in self.resources if each.logical == logical), None)

    @cached_property
    def fleet(self) -> Fleet:
        """Every device that is not retired; the canary and feeds are none."""
        agents, longest, shown = 0, dict[str, int](), defaultdict[str, set[str]](set)
        wanted = Device.feed_practice.does_not_exist() & (Device.state != RETIRED)
        columns = ["client", "device", "grace_seconds", "via", "practices"]
        for row in Device.scan(wanted, attributes_to_get=columns):
            if row.client != CANARY:
                agents += row.via is None
                longest[row.client] = max(row.grace_seconds, longest.get(row.client, 0))
                shown[row.client].update(row.practices or ())
        return Fleet(agents, longest, dict(shown))

    @cached_property
    def deployed(self) -> dict[str, Any]:
        """The stack as CloudFormation describes it."""
        found = self.aws("cloudformation").describe_stacks(StackName=self.stack)["Stacks"]
        return dict(found[0])

    def parameter(self, name: str) -> str | None:
        given = self.deployed.get("Parameters", [])
        return next((each["ParameterValue"] for each in given if each["ParameterKey"] == name), None)

    @cached_property
    def clients(self) -> list[ClientEntry]:
        return all_clients()

    @cached_property
    def versions(self) -> dict[str, list[Version]]:
        return {entry.client: versions_of(entry.client) for entry in self.clients}

    @cached_property
    def contracts(self) -> list[Contract]:
        """The contracts in force."""
        found = (version_in_force(versions, self.now) for versions in self.versions.values())
        return [version.contract for version in found if version is not None]


@dataclass(frozen=True)
class Check:
    """A part of a deployment that is looked at."""

    name: str
    look: Callable[[Clinic], Iterator[Seen]]

    def see(self, clinic: Clinic) -> list[Seen]:
        """What it saw; where AWS does not answer, it saw nothing from there on and says so."""
        seen: list[Seen] = []
        try:
            seen.extend(self.look(clinic))
        except (ClientError, BotoCoreError, PynamoDBException) as error:
            seen.append(Unchecked(self.name, why_unanswered(error)))
        return seen


def why_unanswered(error: Exception) -> str:
    if isinstance(error, ClientError) and is_no_operation(error):
        return f"this AWS does not know {error.operation_name}"
    return explain(error) or str(error)


def is_no_operation(error: ClientError) -> bool:
    """Whether an embedded AWS lacks the operation, rather than its object."""
    answer = error.response["Error"]
    message = answer.get("Message", "").lower()
    return answer.get("Code") in _NO_OPERATION or any(words in message for words in _NOT_ANSWERED)
