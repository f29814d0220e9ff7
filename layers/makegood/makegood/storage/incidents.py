"""Incidents as stored: opened once, changed by condition, read whole in one query."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from makegood.rules.contracts import Contract, Outages, parse_outages
from makegood.rules.events import kind_of_entry
from makegood.rules.facts import IncidentFacts
from makegood.rules.incidents import Run, Situation
from makegood.rules.instants import Instant
from makegood.rules.ladder import Rung, rungs_of
from makegood.rules.mails import MailState, told_at
from makegood.rules.notes import Entry
from makegood.rules.silences import Silence
from makegood.rules.told import Call as CallFacts
from makegood.rules.told import Unreachable, first_told
from makegood.storage.adjusting import dirty_if_past
from makegood.storage.allowances import allowance_facts, allowances_of
from makegood.storage.contacts import unreachable_of
from makegood.storage.contracts import Version, version_nearest, versions_of
from makegood.storage.devices import DOWN, UP, Device, find_device
from makegood.storage.records import (
    UNTOLD,
    Call,
    Dispute,
    Excuse,
    Incident,
    MailRecord,
    OpenIncidents,
    Pause,
    Record,
    TimelineEntry,
)
from makegood.storage.silences import stretches_of
from makegood.storage.transactions import LostRaceError, Write, write_together

NOT_OVER: Condition = Incident.closed_at.does_not_exist() & (
    Incident.restored_at.does_not_exist() | Incident.documented_at.does_not_exist()
)
"""What must hold of an incident that somebody still does something about."""

OPEN_SHARDS = 4
"""Partitions of the index of open incidents: a mass outage spreads its writes over them."""


@dataclass(frozen=True)
class Case:
    """One incident with everything that is known of it."""

    contract: Contract
    device: Device
    incident: Incident
    terms: Outages
    mails: tuple[MailRecord, ...]
    pauses: tuple[Pause, ...]
    excuses: tuple[Excuse, ...]
    timeline: tuple[TimelineEntry, ...]
    disputes: tuple[Dispute, ...] = ()
    calls: tuple[Call, ...] = ()
    unreachable: tuple[Unreachable, ...] = ()
    silences: tuple[Silence, ...] = ()
    """The silent stretches of its own device; the last may be open."""
    behind: tuple[str, ...] = ()
    """What stands behind its device and cannot be heard, once somebody has looked (`sites.with_behind`)."""

    @property
    def facts(self) -> IncidentFacts:
        """The incident as the accounting judges it."""
        zone = self.contract.zone
        return incident_facts(
            self.incident,
            self.mails,
            self.pauses,
            self.excuses,
            zone,
            calls=self.calls,
            disputes=self.disputes,
        )

    def ladder(self, technicians: tuple[str, ...]) -> tuple[Rung, ...]:
        """Whom it alerts, and when."""
        return rungs_of(self.terms, technicians, self.incident.started_at)

    def situation(self, technicians: tuple[str, ...]) -> Situation:
        """The incident as its next step is decided."""
        incident = self.incident
        return Situation(
            facts=self.facts,
            terms=self.terms,
            contacts=self.contract.contacts.outages,
            technicians=technicians,
            mails={mail.mail: mail_state(mail) for mail in self.mails},
            planned=incident.plan is not None,
            involved_at=_involved_at(incident, self.pauses),
            retired_at=self.device.retired_at,
            run=_present_run(self.device, incident.incident),
            returns=tuple(silence.end for silence in self.silences if silence.end is not None),
            flapping_at=incident.flapping_at,
            opened_at=incident.opened_at,
            taken_by=None if incident.taken is None else str(incident.taken["by"]),
            noted=frozenset(entry.what for entry in self.timeline),
            allowances=allowances_of(self.pauses, self.excuses, self.disputes, self.terms.pause_at_most),
            closed=incident.closed_at is not None,
        )


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


def load_case(client: str, incident: str, now: Instant) -> Case | None:
    """The incident with its mails, pauses, excuses and timeline, all by consistent reads; None when unknown.

    Its terms are those it began with; the contacts are those of the contract at `now`. The device is read
    first: what ends an outage changes both at once, so a device that is up again is seen with its incident
    restored, and one that still is down at worst leads to a step that is refused.
    """
    name = device_of(incident)
    device = find_device(client, name) if name else None
    records = list(Record.query(client, Record.sk.startswith(f"incident#{incident}"), consistent_read=True))
    found = [record for record in records if isinstance(record, Incident) and record.incident == incident]
    if not found or device is None:
        return None
    contract = version_nearest(versions_of(client), now).contract
    return Case(
        contract=contract,
        device=device,
        incident=found[0],
        terms=parse_outages(found[0].terms, contract.currency, contract.zone),
        mails=tuple(record for record in records if isinstance(record, MailRecord)),
        pauses=tuple(record for record in records if isinstance(record, Pause)),
        excuses=tuple(record for record in records if isinstance(record, Excuse)),
        timeline=tuple(
            sorted(
                (record for record in records if isinstance(record, TimelineEntry)),
                key=lambda entry: (entry.at, str(entry.sk)),
            )
        ),
        disputes=tuple(record for record in records if isinstance(record, Dispute)),
        calls=tuple(record for record in records if isinstance(record, Call)),
        unreachable=unreachable_of(client, contract.contacts.outages),
        silences=stretches_of(found[0], device, now),
    )


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
    return change_incident(incident, [*actions, *_wake(now)], condition, entry)


def waking(incident: Incident, now: Instant, condition: Condition | None = None) -> Write:
    """The same as part of a larger transaction; the incident must not be closed, and meet the condition."""
    runs: Condition = Incident.open_shard.exists()
    held = runs if condition is None else runs & condition
    return lambda transaction: transaction.update(incident, actions=_wake(now), condition=held)


def stirring(incident: Incident, now: Instant) -> Write:
    """The same for an incident that may be closed: its timer runs again until everybody was told."""
    actions: list[Action] = [*_wake(now), Incident.open_shard.set(_shard(incident.client, incident.incident))]
    return lambda transaction: transaction.update(incident, actions=actions, condition=Incident.sk.exists())


def restore_device(case: Case, at: Instant, *, news_at: Instant | None = None) -> bool:
    """Ends the outage: the device is up again since `at`, the first heartbeat of its stable run.

    Whoever finds it in the place of the incident's timer says when, and starts the timer.
    """

    def device_is_up(transaction: TransactWrite) -> None:
        transaction.update(
            case.device,
            actions=[Device.state.set(UP), Device.incident.remove(), Device.back_since.remove()],
            condition=(Device.state == DOWN)
            & (Device.incident == case.incident.incident)
            & (Device.back_since == at),
        )

    return change_incident(
        case.incident,
        [Incident.restored_at.set(at), *(() if news_at is None else _wake(news_at))],
        Incident.restored_at.does_not_exist(),
        timeline_entry(case.incident, at, "restored", "the monitoring"),
        device_is_up,
    )


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


def incident_facts(
    incident: Incident,
    mails: Iterable[MailRecord],
    pauses: Iterable[Pause],
    excuses: Iterable[Excuse],
    zone: ZoneInfo,
    *,
    calls: Iterable[Call] = (),
    disputes: Iterable[Dispute] = (),
) -> IncidentFacts:
    """The stored incident as facts, in the contract's zone; notified and planned when somebody was told."""
    states = [mail_state(mail) for mail in mails]
    made = tuple(CallFacts(call.at, call.recorded_at, call.by, call.reached, call.number) for call in calls)
    notified_at, notified_how = first_told(states, made)
    terms = parse_outages(incident.terms, zone=zone)
    return IncidentFacts(
        incident=incident.incident,
        device=incident.device,
        started_at=incident.started_at,
        notified_at=notified_at,
        planned_at=told_at(states, "plan"),
        restored_at=incident.restored_at,
        documented_at=incident.documented_at,
        **allowance_facts(pauses, excuses, disputes, terms.pause_at_most),
        outages=terms,
        notified_how=notified_how,
        calls=made,
    )


def mail_state(mail: MailRecord) -> MailState:
    """The record of a mail as the rules see it."""
    return MailState(
        mail=mail.mail,
        kind=mail.kind,
        to=mail.to,
        status=mail.status,
        claimed_until=mail.claimed_until,
        attempts=mail.attempts,
        sent_at=mail.sent_at,
        delivered_at=mail.delivered_at,
    )


def _involved_at(incident: Incident, pauses: Iterable[Pause]) -> Instant | None:
    acts = (incident.acknowledged, incident.plan, incident.repair)
    times = [act["at"] for act in acts if act is not None]
    return min([*times, *(pause.start for pause in pauses)], default=None)


def _wake(now: Instant) -> list[Action]:
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


def _present_run(device: Device, incident: str) -> Run | None:
    if device.state != DOWN or device.incident != incident or device.back_since is None:
        return None
    assert device.last_seen is not None
    assert device.due_at is not None
    return Run(back_since=device.back_since, last_seen=device.last_seen, due_at=device.due_at)
