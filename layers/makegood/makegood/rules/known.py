"""What is known at an instant: what is strictly later has not happened yet."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from makegood.rules.allowance_facts import known_disputes, known_revoked

if TYPE_CHECKING:
    from makegood.rules.facts import DeviceFacts, Facts, IncidentFacts
    from makegood.rules.instants import Instant


def known(instant: Instant | None, as_of: Instant) -> Instant | None:
    return None if instant is None or instant > as_of else instant


def known_facts(facts: Facts) -> Facts:
    """The facts as they were known at their own `as_of`."""
    as_of = facts.as_of
    return replace(
        facts,
        devices=tuple(_known_device(device, as_of) for device in facts.devices),
        incidents=tuple(
            known_incident(incident, as_of) for incident in facts.incidents if incident.started_at <= as_of
        ),
        evidence=tuple(evidence for evidence in facts.evidence if evidence.at <= as_of),
        maintenance=tuple(work for work in facts.maintenance if work.announced_at <= as_of),
        unreachable=tuple(contact for contact in facts.unreachable if contact.since <= as_of),
    )


def known_incident(incident: IncidentFacts, as_of: Instant) -> IncidentFacts:
    """An incident that has started, as it was known at `as_of`."""
    return replace(
        incident,
        notified_at=known(incident.notified_at, as_of),
        planned_at=known(incident.planned_at, as_of),
        restored_at=known(incident.restored_at, as_of),
        documented_at=known(incident.documented_at, as_of),
        pauses=tuple(
            replace(pause, end=known(pause.end, as_of)) for pause in incident.pauses if pause.start <= as_of
        ),
        excuses=tuple(excuse for excuse in incident.excuses if excuse.approved_at <= as_of),
        revoked=known_revoked(incident.revoked, as_of),
        disputes=known_disputes(incident.disputes, as_of),
        silences=tuple(
            replace(silence, end=known(silence.end, as_of))
            for silence in incident.silences
            if silence.start <= as_of
        ),
        calls=tuple(call for call in incident.calls if call.counts_at <= as_of),
    )


def _known_device(device: DeviceFacts, as_of: Instant) -> DeviceFacts:
    return replace(
        device, enrolled_at=known(device.enrolled_at, as_of), retired_at=known(device.retired_at, as_of)
    )
