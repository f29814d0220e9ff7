"""How it ended: what must be the same however often anything failed, and what may only be later."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from makegood.rules.contracts import parse_outages
from makegood.rules.instants import Instant
from makegood.rules.stages import judge_incident
from makegood.storage.cases import incident_facts
from makegood.storage.devices import Device
from makegood.storage.records import (
    Adjustment,
    AuditEntry,
    Call,
    ClientEntry,
    Contact,
    Dirty,
    Dispute,
    EventRecord,
    Evidence,
    Excuse,
    Gap,
    Hold,
    Incident,
    MailRecord,
    Maintenance,
    Observation,
    Pause,
    Record,
    Statement,
    TimelineEntry,
    Unheard,
)
from support.stored import files
from support.world import World

Json = dict[str, Any]


@dataclass(frozen=True)
class Ending:
    """`facts` must be the same, `instants` may only be later; `sent` counts how often SES took each mail."""

    facts: Json
    instants: dict[str, Instant | None]
    sent: Counter[str]

    def seconds_later(self, other: Ending) -> set[int]:
        """By how much its instants are later than another's."""
        known = {name: at for name, at in other.instants.items() if at is not None}
        return {(self.instants[name] or 0) - at for name, at in known.items()}

    def more_mails(self, other: Ending) -> int:
        """How many mails were sent beyond those of another."""
        return (self.sent - other.sent).total()


ZONE = ZoneInfo("UTC")  # no contract of the stories has business hours


def ending(world: World, as_of: Instant) -> Ending:
    """Everything that is stored, and what it comes to as of an instant."""
    records, devices = list(Record.scan()), list(Device.scan())
    retired = {(row.client, row.device): row.retired_at for row in devices}
    incidents = [record for record in records if isinstance(record, Incident)]
    facts = {
        "incidents": {
            row.incident: _incident(row, records, retired[row.client, row.device], as_of) for row in incidents
        },
        "devices": {f"{row.client}/{row.device}": _device(row) for row in devices},
        "records": sorted(line for record in records for line in _all_lines(record)),
        "marks": sorted({_mark(record) for record in records if isinstance(record, Dirty)}),
        "files": files(),
    }
    sent = Counter(map(_timeless, world.mails_left.elements()))
    instants = (*_instants(incidents, devices), *_instants_of_matters(records))
    return Ending(facts, dict(instants), sent)


def _incident(incident: Incident, records: list[Record], retired_at: Instant | None, as_of: Instant) -> Json:
    mails = [mail for mail in records if isinstance(mail, MailRecord) and mail.about == incident.sk]
    terms = parse_outages(incident.terms, zone=ZONE)
    calls = [call for call in records if isinstance(call, Call) and call.sk.startswith(incident.sk)]
    known = incident_facts(incident, mails, (), (), ZONE, calls=calls)
    verdicts = judge_incident(terms, known, retired_at, as_of)
    return {
        "started_at": incident.started_at,
        "verdicts": [(verdict.stage, verdict.verdict) for verdict in verdicts],
        "restored": incident.restored_at is not None,
        "documented": incident.documented_at is not None,
        "by_itself": incident.by_itself,
        "closed": (incident.closed_at is not None, incident.open_shard is None),
        "told": [_words(entry) for entry in (incident.acknowledged, incident.plan, incident.repair)],
    }


def _device(row: Device) -> Json:
    return {
        "state": row.state,
        "incident": row.incident,
        "back": row.back_since is not None,
        "tokens": (row.token_hash, row.next_token_hash, row.token_expires_at),
    }


def _all_lines(record: Record) -> Iterator[str]:
    yield from map(_timeless, (*_lines(record), *_corrections(record), *_matters(record)))


def _timeless(text: str) -> str:
    """A pause is named by its start, which may be a little later."""
    return re.sub(r"pause-\d{10}", "pause", text)


def _mark(mark: Dirty) -> str:
    """What is to be reckoned again; the same mark twice does no harm."""
    return f"{mark.pk} {mark.incident} {mark.reason} settled {mark.settled_at is not None}"


def _lines(record: Record) -> Iterator[str]:
    """One line for each record that is there once, without the instants in it."""
    match record:
        case TimelineEntry() if record.what == "mail-refused":
            pass  # only what went wrong, and when, is in it
        case TimelineEntry():
            told = "told" if record.open_shard is None else "still to be told"
            yield f"{record.pk} {record.incident} {record.what} by {record.who}, {told}"
        case EventRecord():
            yield f"{record.pk} {record.kind} {record.name} {record.data}"
        case MailRecord():
            yield f"{record.pk} {record.mail} {record.status}"
        case Evidence() | Observation():
            yield f"{record.pk} {record.sk} {record.facts}"
        case Maintenance():
            yield f"{record.pk} {record.sk} {record.devices} by {record.announced_by}, {record.open_shard}"
        case Statement():
            said = (record.status, record.as_of, record.refund_cents, record.due_cents, record.healthy)
            yield f"{record.pk} {record.sk} {said}"
        case AuditEntry():
            yield f"{record.pk} {record.what} by {record.who}"
        case ClientEntry():
            yield f"{record.sk} next {record.next_period}"


def _corrections(record: Record) -> Iterator[str]:
    """The same of who was told, and of what turned out later."""
    match record:
        case Call():
            yield f"{record.pk} {record.incident} {record.at} {record.by} reached {record.reached}"
        case Contact():
            yield f"{record.pk} {record.address} {record.failed_since is None} {record.complained_at is None}"
        case Gap():
            yield f"nobody was heard since {record.start}"
        case Hold():
            yield f"held {record.silent} of {record.devices}"
        case Unheard():
            yield f"{record.pk} {record.device} was forgiven its silence since {record.start}"
        case Adjustment():
            yield f"{record.pk} {record.sk} {record.cents} {record.reason} to {record.to}"


def _matters(record: Record) -> Iterator[str]:
    """The same of pauses, excuses and disputes."""
    match record:
        case Pause():
            ended = (record.end is not None, record.ended_by, record.answer, record.void_at is not None)
            yield f"{record.pk} {record.incident} paused by {record.by} for {record.awaited}: {ended}"
        case Excuse():
            people = (record.asked_by, record.approved_by, record.refused_by, record.revoked_by)
            yield f"{record.pk} {record.incident} {record.matter} by {people}: {record.because}"
        case Dispute():
            decided = (record.upheld, record.decided_by, record.because)
            yield f"{record.pk} {record.incident} {record.by} disagrees with {record.about}: {decided}"


def _instants(incidents: list[Incident], devices: list[Device]) -> Iterator[tuple[str, Instant | None]]:
    for incident in incidents:
        yield f"{incident.incident} restored_at", incident.restored_at
        yield f"{incident.incident} documented_at", incident.documented_at
    for row in devices:
        yield f"{row.client}/{row.device} enrolled_at", row.enrolled_at
        yield f"{row.client}/{row.device} last_seen", row.last_seen


def _instants_of_matters(records: list[Record]) -> Iterator[tuple[str, Instant | None]]:
    for record in records:
        match record:
            case Pause():
                yield f"{record.incident} pause start", record.start
                yield f"{record.incident} pause end", record.end
            case Excuse():
                yield f"{record.incident} {record.matter} asked", record.asked_at
                yield f"{record.incident} {record.matter} approved", record.approved_at
            case Dispute():
                yield f"{record.incident} {record.matter}", record.at
                yield f"{record.incident} {record.matter} decided", record.decided_at


def _words(entry: Json | None) -> Json | None:
    return entry and {name: value for name, value in entry.items() if name != "at"}
