"""Incidents as stored: opened once, changed by condition."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from makegood.rules.events import kind_of_entry
from makegood.rules.instants import Instant
from makegood.storage.adjusting import dirty_if_past
from makegood.storage.contracts import Version, version_nearest
from makegood.storage.devices import DOWN, UP, Device
from makegood.storage.records import UNTOLD, Incident, OpenIncidents, TimelineEntry
from makegood.storage.transactions import LostRaceError, Write, write_together

if TYPE_CHECKING:
    from makegood.rules.notes import Entry

NOT_OVER: Condition = Incident.closed_at.does_not_exist() & (
    Incident.restored_at.does_not_exist() | Incident.documented_at.does_not_exist()
)
"""What must hold of an incident that somebody still does something about."""

OPEN_SHARDS = 4
"""Partitions of the index of open incidents: a mass outage spreads its writes over them."""


def incident_name(device: str, started_at: Instant) -> str:
    """`<device>-<YYYYMMDDTHHMMSSZ>`: one device cannot fall silent twice in one second."""
    return f"{device}-{stamp(started_at)}"


def device_of(incident: str) -> str:
    """The device in an incident's name; empty when it is none."""
    return incident.rpartition("-")[0]


def stamp(at: Instant) -> str:
    """An instant as it stands in names."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y%m%dT%H%M%SZ")


def open_incident(
    device: Device, now: Instant, versions: Sequence[Version], *, started_at: Instant | None = None
) -> Incident | None:
    """Opens the incident of a silent device, with the terms in force when its outage began: `started_at`, or
    when it was last seen.

    Returns None when the device beat meanwhile or somebody else opened it. The timer starts at number 1,
    due at once; whoever opened it starts the execution, and the sweep does if that fails.
    """
    assert device.last_seen is not None
    began = device.last_seen if started_at is None else started_at
    incident = _new_incident(device, began, now, version_nearest(versions, began))
    silent = (Device.state == UP) & (Device.last_seen == device.last_seen) & (Device.due_at < now)
    zone = version_nearest(versions, began).contract.zone
    writes = (
        timeline_entry(incident, now, "opened", "the monitoring"),
        *dirty_if_past(incident, zone, "it was noticed only later", now),
    )

    def opened(transaction: TransactWrite) -> None:
        for write in writes:
            write(transaction)

    return incident if _take_down(device, incident, silent, opened) else None


def open_failure(device: Device, at: Instant, versions: Sequence[Version], said: str) -> Incident | None:
    """Opens the incident of a device that is up and reported a failure, started at the report's receipt.

    Returns None when the row has changed since it was read. Whoever opened it starts the timer, as above.
    The report is the device's newest word: a success that came before it, and is late, begins no run.
    """
    assert device.last_seen is not None
    incident = _new_incident(device, at, at, version_nearest(versions, at))
    incident.failure = said
    as_read = (Device.state == UP) & (Device.last_seen == device.last_seen)
    return (
        incident
        if _take_down(device, incident, as_read, reported(incident, at, said), heard(device, at))
        else None
    )


def reported(incident: Incident, at: Instant, said: str) -> Write:
    """The timeline's entry of a failure that the device itself reported."""
    return timeline_entry(incident, at, "failed", incident.device, said or None)


def heard(device: Device, at: Instant) -> list[Action]:
    """The device said something at an instant; of what overtakes another, the newest stands."""
    newest = max(at, device.last_seen or at)
    return [Device.last_seen.set(newest), Device.due_at.set(newest + device.grace_seconds)]


def _take_down(
    device: Device, incident: Incident, as_read: Condition, entry: Write, also: Sequence[Action] = ()
) -> bool:
    down: list[Action] = [
        Device.state.set(DOWN),
        Device.incident.set(incident.incident),
        Device.down_since.set(incident.started_at),
        Device.back_since.remove(),
        *also,
    ]
    try:
        write_together(
            lambda transaction: transaction.update(device, actions=down, condition=as_read),
            lambda transaction: transaction.save(incident, condition=Incident.sk.does_not_exist()),
            entry,
        )
    except LostRaceError:
        return False
    return True


def find_incident(client: str, incident: str) -> Incident | None:
    """The incident's own record, by a consistent read."""
    try:
        return Incident.get(client, f"incident#{incident}", consistent_read=True)
    except Incident.DoesNotExist:
        return None


def is_settled(incident: Incident) -> bool:
    """Whether nothing will happen to it by itself: closed, and nobody is awaited or still to be told."""
    return incident.closed_at is not None and incident.open_shard is None


def change_incident(
    incident: Incident, actions: Sequence[Action], condition: Condition, entry: Write, *others: Write
) -> bool:
    """One change of state and its timeline entry, together; False when the condition did not hold."""
    try:
        write_together(
            lambda transaction: transaction.update(incident, actions=list(actions), condition=condition),
            entry,
            *others,
        )
    except LostRaceError:
        return False
    return True


def record_news(
    incident: Incident, actions: Sequence[Action], condition: Condition, entry: Write, now: Instant
) -> bool:
    """A change that the incident's timer has to know of: it wakes at once, whatever happens to us next.

    Whoever records news starts the timer (`timers.start_timer`); should that fail, the sweep does.
    """
    return change_incident(incident, [*actions, *wake(now)], condition, entry)


def waking(incident: Incident, now: Instant, condition: Condition | None = None) -> Write:
    """The same as part of a larger transaction; the incident must not be closed, and meet the condition."""
    runs: Condition = Incident.open_shard.exists()
    held = runs if condition is None else runs & condition
    return lambda transaction: transaction.update(incident, actions=wake(now), condition=held)


def stirring(incident: Incident, now: Instant) -> Write:
    """The same for an incident that may be closed: its timer runs again until everybody was told."""
    actions: list[Action] = [*wake(now), Incident.open_shard.set(_shard(incident.client, incident.incident))]
    return lambda transaction: transaction.update(incident, actions=actions, condition=Incident.sk.exists())


def timeline_entry(
    incident: Incident,
    at: Instant,
    what: str,
    who: str,
    said: str | None = None,
    *,
    more: dict[str, Any] | None = None,
) -> Write:
    """An entry whose name is its content, so that writing it twice is writing it once.

    An entry whose `what` stands in `rules.events.TIMELINE` is told as an event, with `more` in its data.
    """
    told = kind_of_entry(what) is not None
    entry = TimelineEntry(
        incident.pk,
        f"{incident.sk}#timeline#{at:010d}#{what}",
        incident=incident.incident,
        at=at,
        what=what,
        who=who,
        said=said,
        more=more,
        open_shard=UNTOLD if told else None,
        wake_at=at if told else None,
    )
    return lambda transaction: transaction.save(entry)


def note(incident: Incident, entries: Iterable[Entry]) -> bool:
    """Entries that are made once, whenever that is; False when somebody made one of them meanwhile."""
    try:
        write_together(*(_noting(incident, entry) for entry in entries))
    except LostRaceError:
        return False
    return True


def _noting(incident: Incident, entry: Entry) -> Write:
    record = TimelineEntry(
        incident.pk,
        f"{incident.sk}#timeline#once#{entry.what}",
        incident=incident.incident,
        at=entry.at,
        what=entry.what,
        who="the monitoring",
        more=entry.more,
        open_shard=UNTOLD,
        wake_at=entry.at,
    )
    return lambda transaction: transaction.save(record, condition=TimelineEntry.sk.does_not_exist())


def open_incidents(wake_before: Instant | None = None) -> Iterable[Incident]:
    """The incidents that still run (eventually consistent); `wake_before`: those overdue to wake."""
    for shard in range(OPEN_SHARDS):
        condition = None if wake_before is None else OpenIncidents.wake_at < wake_before
        yield from Incident.open.query(str(shard), condition)


def wake(now: Instant) -> list[Action]:
    """What lets the timer of an incident look at once, by whichever execution starts next."""
    return [Incident.timer.set(Incident.timer + 1), Incident.wake_at.set(now)]


def _new_incident(device: Device, started_at: Instant, now: Instant, version: Version) -> Incident:
    name = incident_name(device.device, started_at)
    return Incident(
        device.client,
        f"incident#{name}",
        client=device.client,
        device=device.device,
        incident=name,
        started_at=started_at,
        opened_at=now,
        terms=version.written.get("outages") or {},
        timer=1,
        wake_at=now,
        open_shard=_shard(device.client, name),
    )


def _shard(client: str, incident: str) -> str:
    return str(zlib.crc32(f"{client}/{incident}".encode()) % OPEN_SHARDS)
