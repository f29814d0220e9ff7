"""Changes that operators make to a client: one after another, each with its entry in the audit trail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pynamodb.expressions.update import Action

from makegood.rules.instants import Instant
from makegood.storage.records import CLIENTS, AuditEntry, ClientEntry
from makegood.storage.transactions import LostRaceError, Write, write_together
from makegood.storage.turns import at_once

T = TypeVar("T")

_ATTEMPTS = 10


@dataclass(frozen=True)
class Operator:
    """Who changes something, and when."""

    who: str
    at: Instant


class RefusedError(Exception):
    """A change that is not made; its text says why, one reason a line."""


def find_client(client: str) -> ClientEntry | None:
    """The client's entry in the directory, by a consistent read."""
    try:
        return ClientEntry.get(CLIENTS, client, consistent_read=True)
    except ClientEntry.DoesNotExist:
        return None


def known_client(client: str) -> ClientEntry:
    """The client's entry; RefusedError when there is none."""
    entry = find_client(client)
    if entry is None:
        raise RefusedError(f"There is no client {client}; it begins with its first contract.")
    return entry


def create_client(operator: Operator, entry: ClientEntry, what: str, *writes: Write) -> None:
    """A new client, what it begins with and the audit entry, together; LostRaceError when it exists."""
    new = ClientEntry.sk.does_not_exist()
    write_together(
        lambda transaction: transaction.save(entry, condition=new),
        _audit(operator, entry.client, entry.revision, what),
        *writes,
    )


def change_client(
    operator: Operator, entry: ClientEntry, what: str, *writes: Write, also: Sequence[Action] = ()
) -> None:
    """One change and its audit entry, together; `also` changes the entry itself.

    Raises LostRaceError when the client changed since `entry` was read: what was decided on it is void.
    """
    unchanged = (ClientEntry.revision == entry.revision) & (ClientEntry.next_period == entry.next_period)
    revision = entry.revision + 1
    actions = [ClientEntry.revision.set(revision), *at_once(), *also]
    write_together(
        lambda transaction: transaction.update(entry, actions=actions, condition=unchanged),
        _audit(operator, entry.client, revision, what),
        *writes,
    )


def one_after_another(change: Callable[[], T]) -> T:
    """Does the change anew, from its first read, whenever somebody else was faster."""
    for _ in range(_ATTEMPTS):
        try:
            return change()
        except LostRaceError:
            continue
    raise RefusedError("Others keep changing this client at the same moment; try it again.")


def _audit(operator: Operator, client: str, revision: int, what: str) -> Write:
    key = f"audit#{operator.at:010d}#{revision:06d}"
    entry = AuditEntry(client, key, at=operator.at, who=operator.who, what=what)
    return lambda transaction: transaction.save(entry)
