"""An incident with all that is known of it, read whole in one query, and as the rules judge it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from pynamodb.transactions import TransactWrite

from makegood.rules.contracts import Contract, Outages, parse_outages
from makegood.rules.facts import IncidentFacts
from makegood.rules.incidents import Run, Situation
from makegood.rules.instants import Instant
from makegood.rules.ladder import Rung, rungs_of
from makegood.rules.mails import MailState, told_at
from makegood.rules.silences import Silence
from makegood.rules.told import Call as CallFacts
from makegood.rules.told import Unreachable, first_told
from makegood.storage.allowances import allowance_facts, allowances_of
from makegood.storage.contacts import unreachable_of
from makegood.storage.contracts import version_nearest, versions_of
from makegood.storage.devices import DOWN, UP, Device, find_device
from makegood.storage.incidents import change_incident, device_of, timeline_entry, wake
from makegood.storage.records import (
    Call,
    Dispute,
    Excuse,
    Incident,
    MailRecord,
    Pause,
    Record,
    TimelineEntry,
)
from makegood.storage.silences import stretches_of
from makegood.storage.sites import devices_behind


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
    """What stands behind its device and cannot be heard, once somebody has looked (`with_behind`)."""

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


def with_behind(case: Case) -> Case:
    """The incident with the names of the devices behind its own that were not heard since it began; those
    that have an incident of their own say so."""
    incident = case.incident
    names = (
        f"{row.name or row.device}{' (has its own incident)' * (row.state == DOWN)}"
        for row in devices_behind(incident.client, incident.device)
        if row.last_seen is not None and row.last_seen <= incident.started_at
    )
    return replace(case, behind=tuple(names))


def untold_of(case: Case | None) -> list[TimelineEntry]:
    """What is still to be told of an incident, oldest first."""
    untold = [entry for entry in case.timeline if entry.open_shard is not None] if case else []
    return sorted(untold, key=lambda entry: (entry.at, str(entry.sk)))


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
        [Incident.restored_at.set(at), *(() if news_at is None else wake(news_at))],
        Incident.restored_at.does_not_exist(),
        timeline_entry(case.incident, at, "restored", "the monitoring"),
        device_is_up,
    )


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


def _present_run(device: Device, incident: str) -> Run | None:
    if device.state != DOWN or device.incident != incident or device.back_since is None:
        return None
    assert device.last_seen is not None
    assert device.due_at is not None
    return Run(back_since=device.back_since, last_seen=device.last_seen, due_at=device.due_at)
