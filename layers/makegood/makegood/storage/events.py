"""Events that have happened and are still to be told: a mark on their record, in the index of what is open.

An event comes to be in the transaction that makes it true, so none is lost: both are on record or neither.
The entries of an incident's timeline are its events; whatever else happens has a record of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from pynamodb.expressions.update import Action

from makegood.rules.events import Event, data_of_entry, kind_of_entry
from makegood.rules.instants import Instant
from makegood.storage.records import UNTOLD, EventRecord, Record, TimelineEntry
from makegood.storage.transactions import Write, write_together

PROVIDER = "PROVIDER"
"""The partition of events that concern no client."""

Told = EventRecord | TimelineEntry


def announce(event: Event) -> Write:
    """Has an event told, as part of the transaction that makes it true; the same event twice is one.

    The next sweep tells it, within a minute. Whoever writes it needs no permission but to put a record.
    """
    record = _record(event)
    return lambda transaction: transaction.save(record)


def announce_once(event: Event) -> Write:
    """The same for a step that may come to it again after it was told; then the transaction is refused."""
    record = _record(event)
    return lambda transaction: transaction.save(record, condition=EventRecord.sk.does_not_exist())


def event_of(record: Told) -> Event:
    """The event that a record tells of."""
    if isinstance(record, EventRecord):
        client = "" if record.pk == PROVIDER else record.pk
        return Event(record.kind, client, record.name, record.at, record.incident or "", record.data)
    kind = kind_of_entry(record.what)
    assert kind is not None
    name = record.sk.partition("#timeline#")[2].replace("#", "-")
    data = data_of_entry(kind, record.what, {"by": record.who, "said": record.said, **(record.more or {})})
    return Event(kind, record.pk, name, record.at, record.incident, data)


def untold_events(until: Instant, at_most: int) -> list[Told]:
    """What is still to be told of what happened until an instant, oldest first (eventually consistent)."""
    found: Iterable[Record] = (
        record
        for model in (TimelineEntry, EventRecord)
        for record in islice(model.open.query(UNTOLD, model.wake_at <= until), at_most)
    )
    return [record for record in found if isinstance(record, EventRecord | TimelineEntry)]


def mark_told(records: Sequence[Told]) -> None:
    """Takes the mark off what was told, all of it in one transaction."""
    if records:
        write_together(*(_told(record) for record in records))


def _told(record: Told) -> Write:
    model = type(record)
    actions: list[Action] = [model.open_shard.remove(), model.wake_at.remove()]
    return lambda transaction: transaction.update(record, actions=actions, condition=model.sk.exists())


def _record(event: Event) -> EventRecord:
    return EventRecord(
        event.client or PROVIDER,
        f"event#{event.at:010d}#{event.id}",
        kind=event.kind,
        name=event.name,
        at=event.at,
        incident=event.incident or None,
        data=event.data,
        open_shard=UNTOLD,
        wake_at=event.at,
    )
