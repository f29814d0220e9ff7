"""Which clients' practices wait for a person: notes for the desk's home, which it reads by one query.

They are hints and may be a little behind; the page of a client's practices looks at the records themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from makegood.rules.attesting import is_waiting, matters_of
from makegood.rules.instants import DAY_SECONDS, Instant
from makegood.storage.attestations import LOOK_BACK_DAYS, is_unreviewed, recent_reports
from makegood.storage.practice_day import PracticeDay
from makegood.storage.records import WAITING, Observation, Record, Waiting
from makegood.storage.writes import put_if

_OBSERVED: Final = "observed"
_MISSING: Final = "missing"


@dataclass(frozen=True)
class Wait:
    """What waits of one client: logs to look at, and the device-days that were about to be missed, counted
    at `counted_at`."""

    observed: bool = False
    missing: int = 0
    counted_at: Instant = 0


def note_observation(observation: Observation, day: date) -> None:
    """Notes that somebody has to look at what an agent observed, unless somebody has seen as much of it."""
    client = observation.pk
    if is_unreviewed(client, observation.device, observation.practice, day):
        until = observation.at + LOOK_BACK_DAYS * DAY_SECONDS
        _put(_note(_OBSERVED, client, observation.at, until, 1))


def note_day(client: str, today: PracticeDay, now: Instant) -> None:
    """Notes what the client's day is about to miss, and ends the note of observations when none waits."""
    missing = sum(len(gap.days) for gap in today.gaps)
    if missing or _find(_MISSING, client):
        _put(_note(_MISSING, client, now, today.day.ends_at, missing))
    observed = _find(_OBSERVED, client)
    if observed is not None and observed.number and not _is_any_unreviewed(client, today):
        over = _note(_OBSERVED, client, observed.at, observed.until, 0)
        put_if(over, Waiting.at == observed.at)


def all_waiting(now: Instant) -> dict[str, Wait]:
    """What waits at an instant, by client (eventually consistent); who is not named waits for nobody."""
    found: dict[str, Wait] = {}
    for note in Waiting.query(WAITING):
        if note.until <= now or note.number == 0:
            continue
        what, _, client = note.sk.partition("#")
        wait = found.get(client, Wait())
        if what == _OBSERVED:
            found[client] = replace(wait, observed=True)
        else:
            found[client] = replace(wait, missing=note.number, counted_at=note.at)
    return found


def _is_any_unreviewed(client: str, today: PracticeDay) -> bool:
    reports = recent_reports(client, today.day.date)
    matters = matters_of(today.facts, today.gaps, reports.evidence, reports.observations)
    return any(is_waiting(matter.observed, matter.judged) for matter in matters)


def _note(what: str, client: str, at: Instant, until: Instant, number: int) -> Waiting:
    return Waiting(WAITING, f"{what}#{client}", at=at, until=until, number=number)


def _put(note: Waiting) -> None:
    """The newest note stands."""
    put_if(note, Record.sk.does_not_exist() | (Waiting.at <= note.at))


def _find(what: str, client: str) -> Waiting | None:
    try:
        return Waiting.get(WAITING, f"{what}#{client}", consistent_read=True)
    except Waiting.DoesNotExist:
        return None
