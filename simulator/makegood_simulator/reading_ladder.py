"""Whose turn it is when, as the contract and what people did tell it: levels, and who has the incident."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from makegood.rules.instants import Instant
from makegood_simulator.reading_incidents import Incident
from makegood_simulator.witness import Act, Milliseconds

HANDS = ("take", "plan", "repair")
"""What one does who has the incident; whoever lets it wait only leaves later levels in peace."""


@dataclass(frozen=True)
class Turn:
    """A person of the ladder, and since when the outage has lasted long enough for them."""

    at: Instant
    to: str


def turns(incident: Incident, technicians: Sequence[str]) -> list[Turn]:
    """The whole ladder; a contract without levels has all the deployment's technicians at its foot."""
    start = incident.outage.started_at
    levels = incident.terms.escalation
    if not levels:
        return [Turn(start, to) for to in technicians]
    return [Turn(start + level.after, level.to) for level in levels]


def turn_of(incident: Incident, to: str) -> Instant | None:
    """When it is somebody's turn; None for who stands on no level of a contract that has some."""
    levels = {level.to: level.after for level in incident.terms.escalation}
    after = levels.get(to) if levels else 0
    return None if after is None else incident.outage.started_at + after


def alerted(incident: Incident, acts: Iterable[Act], technicians: Sequence[str]) -> list[Turn]:
    """Those whose turn came before anybody had the incident or let it wait; the foot of the ladder always."""
    first = involved(acts)
    start = incident.outage.started_at
    return [
        turn for turn in turns(incident, technicians) if turn.at == start or first is None or first >= turn.at
    ]


def involved(acts: Iterable[Act], known_by: Milliseconds | None = None) -> Instant | None:
    """When somebody first took it in hand or let it wait, of what was put on record by an instant."""
    return _first(acts, (*HANDS, "pause"), known_by)


def taken(acts: Iterable[Act], known_by: Milliseconds | None = None) -> Instant | None:
    """When somebody first took it in hand."""
    return _first(acts, HANDS, known_by)


def _first(acts: Iterable[Act], kinds: Sequence[str], known_by: Milliseconds | None) -> Instant | None:
    known = (act for act in acts if known_by is None or act.recorded_at <= known_by)
    return min((act.at for act in known if act.do in kinds), default=None)
