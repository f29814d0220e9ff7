"""The facts of one period, gathered from the tables in the form that the accounting reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from makegood import aws
from makegood.rules.allowance_facts import write_excuse, write_matters, write_pause
from makegood.rules.contracts import Contract
from makegood.rules.facts import IncidentFacts
from makegood.rules.instants import Instant, Period, format_instant, local_date, local_days, period_bounds
from makegood.rules.levels import without_ladder
from makegood.rules.practices import oldest_allowed
from makegood.rules.stages import judge_incident
from makegood.storage.canary import unmonitored_facts
from makegood.storage.cases import incident_facts
from makegood.storage.contacts import unreachable_of
from makegood.storage.contracts import Version, version_of_period, versions_of
from makegood.storage.devices import Device, devices_of
from makegood.storage.holds import unheard_facts
from makegood.storage.maintenance import maintenance_facts
from makegood.storage.records import (
    Adjustment,
    Call,
    Dispute,
    Evidence,
    Excuse,
    Incident,
    MailRecord,
    Pause,
    Record,
)
from makegood.storage.silences import silences_of
from makegood.storage.sites import known_silences

Json = dict[str, Any]


class NotCoveredError(Exception):
    """No version of the client's contract covers any of the period."""


@dataclass
class Found:
    """The records of one incident as a query brings them."""

    incidents: list[Incident] = field(default_factory=list)
    mails: list[MailRecord] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)
    excuses: list[Excuse] = field(default_factory=list)
    disputes: list[Dispute] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)


Incidents = Mapping[str, Found]
"""A client's incidents with all that belongs to them, by their keys."""


def gather_facts(client: str, period: Period, as_of: Instant, incidents: Incidents | None = None) -> Json:
    """The facts of a client's period as JSON. Raises NotCoveredError, also for an unknown client.

    `incidents` are those that the caller has just read, by `find_incidents`.

    Every read is consistent and DynamoDB answers in the order of the keys, so the same records give the same
    facts. What happened later than `as_of` may be among them; the accounting does not look at it. Devices are
    read after what names them, and what names a device that was never seen is left out.
    """
    versions = versions_of(client)
    version = version_of_period(versions, period)
    if version is None:
        raise NotCoveredError(f"no contract of {client} covers {period}")
    starts_at, ends_at = period_bounds(period, version.contract.zone)
    found = _read(find_incidents(client) if incidents is None else incidents, version.contract.zone)
    evidence = list(_find_evidence(client, version.contract, period))
    devices = {device.device: device for device in devices_of(client) if device.enrolled_at is not None}
    silences = known_silences(client, devices.values(), as_of)
    unmonitored = [
        *unmonitored_facts(starts_at, ends_at, as_of),
        *unheard_facts(client, devices, starts_at, ends_at),
    ]
    return {
        "contract": {
            **_lasting(_judged(version.written), versions, version),
            "effective_from": _unbroken_since(versions, version).isoformat(),
        },
        **_returning(versions, version),
        "period": period,
        "as_of": format_instant(as_of),
        "devices": [_device(device) for device in devices.values()],
        "incidents": [
            {**_incident(incident, facts), **silences_of(incident, devices, silences)}
            for incident, facts in found
            if not _is_history(facts, devices[facts.device].retired_at, starts_at, as_of)
        ],
        "evidence": [fact for fact in evidence if fact["device"] in devices],
        "maintenance": maintenance_facts(client, devices, starts_at, ends_at),
        "adjustments": _find_adjustments(client, period),
        **_find_unreachable(client, version.contract),
        **({"unmonitored": unmonitored} if unmonitored else {}),
    }


def _judged(written: Json) -> Json:
    """The contract without what only technicians are concerned with."""
    outages = written.get("outages")
    return {**written, "outages": without_ladder(outages)} if outages else written


def _lasting(written: Json, versions: Sequence[Version], version: Version) -> Json:
    """The contract without an end that the next version follows on the same day: the client has not left."""
    until = version.contract.effective_until
    follows = any(each.contract.effective_from == until for each in versions)
    return {name: said for name, said in written.items() if not (follows and name == "effective_until")}


def _returning(versions: Sequence[Version], version: Version) -> Json:
    """When the contract begins again after its end, if that is known: then no statement is the last yet."""
    until = version.contract.effective_until
    begins = [each.contract.effective_from for each in versions]
    later = [day for day in begins if until is not None and day > until]
    return {"returns_on": min(later).isoformat()} if later and until not in begins else {}


def _unbroken_since(versions: Sequence[Version], version: Version) -> date:
    """When the run of versions began that leads to this one without a gap.

    The accounting ignores incidents from before `effective_from`, yet what an incident that started under the
    version before owes stays owed: so the facts carry the beginning of the whole run. The fee does not change
    by it, as a version that follows another begins with its period.
    """
    begins = version.contract.effective_from
    for earlier in reversed(versions[: versions.index(version)]):
        until = earlier.contract.effective_until
        if until is not None and until < begins:
            break
        begins = earlier.contract.effective_from
    return begins


def find_incidents(client: str) -> Incidents:
    """Every incident of the client, in one query with all that belongs to it."""
    by_key: defaultdict[str, Found] = defaultdict(Found)
    for record in Record.query(client, Record.sk.startswith("incident#"), consistent_read=True):
        found = by_key["#".join(record.sk.split("#")[:2])]
        match record:
            case Incident():
                found.incidents.append(record)
            case MailRecord():
                found.mails.append(record)
            case Pause():
                found.pauses.append(record)
            case Excuse():
                found.excuses.append(record)
            case Dispute():
                found.disputes.append(record)
            case Call():
                found.calls.append(record)
    return by_key


def _read(incidents: Incidents, zone: ZoneInfo) -> list[tuple[Incident, IncidentFacts]]:
    return [
        (
            incident,
            incident_facts(
                incident,
                found.mails,
                found.pauses,
                found.excuses,
                zone,
                calls=found.calls,
                disputes=found.disputes,
            ),
        )
        for found in incidents.values()
        for incident in found.incidents
    ]


def _is_history(facts: IncidentFacts, retired_at: Instant | None, starts_at: Instant, as_of: Instant) -> bool:
    """Whether the incident, all its deadlines and all its lateness were over before the period."""
    ended = [at for at in (facts.restored_at, retired_at) if at is not None and at < starts_at]
    if not ended or facts.outages is None:
        return False
    return all(
        max(verdict.deadline, verdict.deadline_without_pauses) < starts_at
        and (
            verdict.verdict == "not_required" or (verdict.done_at is not None and verdict.done_at < starts_at)
        )
        for verdict in judge_incident(facts.outages, facts, retired_at, as_of)
    )


def _find_evidence(client: str, contract: Contract, period: Period) -> Iterator[Json]:
    """The evidence that any day of the period may look at, as facts.

    The keys are days of the device's own time zone, which may be a day apart from the contract's. There are
    thousands of rows, and a model for each of them took a fifth of a statement's time: they are read without.
    """
    days = local_days(period, contract.zone)
    oldest = [oldest_allowed(terms.max_age, days, contract.zone)[days[0]] for terms in contract.practices]
    since, until = min(oldest, default=days[0].starts_at), days[-1].ends_at
    first_key = local_date(since, contract.zone) - timedelta(days=1)
    last_key = days[-1].date + timedelta(days=1)
    pages = (
        aws.dynamodb()
        .get_paginator("query")
        .paginate(
            TableName=Record.Meta.table_name,
            KeyConditionExpression="#pk = :client AND #sk BETWEEN :first AND :last",
            ExpressionAttributeValues={
                ":client": {"S": client},
                ":first": {"S": f"evidence#{first_key}"},
                ":last": {"S": f"evidence#{last_key}~"},
            },
            ProjectionExpression="#device, #practice, #at, #facts",
            ExpressionAttributeNames={
                f"#{name}": name for name in ("pk", "sk", "device", "practice", "at", "facts")
            },
            ConsistentRead=True,
        )
    )
    for page in pages:
        for row in page["Items"]:
            at = int(row["at"]["N"])
            if since <= at < until:
                yield {
                    "device": row["device"]["S"],
                    "practice": row["practice"]["S"],
                    "at": format_instant(at),
                    "facts": Evidence.facts.deserialize(row["facts"]["S"]),
                }


def _find_adjustments(client: str, period: Period) -> list[Json]:
    settled = Adjustment.sk.startswith(f"adjustment#{period}#")
    return [
        {"period": entry.period, "cents": entry.cents, "reason": entry.reason}
        for entry in Adjustment.query(client, settled, consistent_read=True)
    ]


def _device(device: Device) -> Json:
    return {
        "device": device.device,
        "kind": device.kind,
        "enrolled_at": _written(device.enrolled_at),
        "retired_at": _written(device.retired_at),
        "practices": sorted(device.practices or ()),
    }


def _incident(incident: Incident, facts: IncidentFacts) -> Json:
    """An incident always carries the terms it began with, also when it began without any."""
    return {
        "incident": facts.incident,
        "device": facts.device,
        "started_at": _written(facts.started_at),
        "notified_at": _written(facts.notified_at),
        "planned_at": _written(facts.planned_at),
        "restored_at": _written(facts.restored_at),
        "documented_at": _written(facts.documented_at),
        "pauses": [write_pause(pause) for pause in facts.pauses],
        "excuses": [write_excuse(excuse) for excuse in facts.excuses],
        **write_matters(facts.revoked, facts.disputes),
        "outages": without_ladder(incident.terms),
        **_told(facts),
    }


def _told(facts: IncidentFacts) -> Json:
    """How the client was told, where that was not by a mail that is known to have arrived."""
    told: Json = {"notified_how": facts.notified_how} if facts.notified_how else {}
    if facts.calls:
        told["calls"] = [
            {**asdict(call), "at": _written(call.at), "recorded_at": _written(call.recorded_at)}
            for call in facts.calls
        ]
    return told


def _find_unreachable(client: str, contract: Contract) -> Json:
    """The contacts that mails do not reach, if there are any."""
    contacts = dict.fromkeys((*contract.contacts.outages, *contract.contacts.statements))
    found = [{**asdict(each), "since": _written(each.since)} for each in unreachable_of(client, contacts)]
    return {"unreachable": found} if found else {}


def incidents_of(client: str, zone: ZoneInfo) -> list[Json]:
    """Every incident of the client as facts, as it stands now; the contract's zone."""
    return [_incident(incident, facts) for incident, facts in _read(find_incidents(client), zone)]


def _written(instant: Instant | None) -> str | None:
    return None if instant is None else format_instant(instant)
