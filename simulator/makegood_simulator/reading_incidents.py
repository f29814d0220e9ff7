"""What must be on record of an incident: its times, its waits, its excuses, its terms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from makegood.rules.contracts import Outages, parse_outages
from makegood.rules.instants import Instant, format_instant, parse_instant
from makegood_simulator.reading_allowances import Matters, Wait, read_matters
from makegood_simulator.reading_contracts import Json, Version, judged, version_at
from makegood_simulator.reading_hours import Hours, after, hours_of, passed
from makegood_simulator.reading_mails import Post
from makegood_simulator.reading_outages import Outage
from makegood_simulator.reading_possible import NOTHING, Possible, Span, first_of, one_of
from makegood_simulator.witness import Act

INVOLVING = ("take", "plan", "repair", "pause")
"""Acts that show a technician at work: what comes back then has not come back by itself."""

UNDERWAY_SECONDS = 30
"""A repair that arrived so shortly after the device was known as stable may be on record before that is."""


@dataclass(frozen=True)
class Situation:
    """The present, the device's retirement if that is past, and how late things may be noticed."""

    now: Instant
    retired_at: Instant | None
    lag_seconds: int

    def may_be_unnoticed(self, since: Instant, at: Instant | None = None) -> bool:
        """Whether what could be known since an instant may be unnoticed at another, by default the end.

        The one place that says how much lateness is forgiven.
        """
        end = self.now if self.retired_at is None else min(self.now, self.retired_at)
        return (end if at is None else at) <= since + self.lag_seconds


@dataclass(frozen=True)
class Incident:
    """An incident as it happened."""

    outage: Outage
    retired_at: Instant | None
    outages: Json
    terms: Outages
    times: dict[str, Possible]
    matters: Matters
    may_be_unopened: bool
    zone: str

    @property
    def waits(self) -> list[Wait]:
        """The pauses that count."""
        return self.matters.waits

    def hours(self, stage: str) -> Hours | None:
        """The hours in which a stage of it is counted."""
        return hours_of(self.outages, stage, self.zone)


def read_incident(
    outage: Outage, versions: list[Version], post: Post, acts: Sequence[Act], situation: Situation
) -> Incident:
    """The incident of an outage; the acts are those on it, in their order."""
    version = version_at(versions, outage.started_at)
    outages, zone = version.outages, version.contract.zone
    terms = parse_outages(outages, zone=zone)
    matters = read_matters(acts, terms.pause_at_most)
    by_itself = _came_back_by_itself(outage, terms, hours_of(outages, "plan", zone.key), acts)
    return Incident(
        outage=outage,
        retired_at=situation.retired_at,
        outages=outages,
        terms=terms,
        times={
            "notified_at": first_of([post.told(outage.incident, "notice"), *_called(acts, outage)]),
            "planned_at": post.told(outage.incident, "plan") if _first(acts, "plan") else NOTHING,
            "restored_at": _restored(outage, situation),
            "documented_at": _documented(outage, by_itself, acts, situation),
        },
        matters=matters,
        may_be_unopened=outage.answered_at is None and situation.may_be_unnoticed(outage.known_at),
        zone=zone.key,
    )


def compare_incident(incident: Incident, row: Json) -> Iterator[str]:
    """Every difference between the incident and its row in the facts."""
    name, outage = incident.outage.incident, incident.outage
    for key, possible in incident.times.items():
        if not _says(row.get(key), possible):
            yield _differs(name, key, row.get(key) or "nothing", possible)
    expected = {
        "device": outage.device,
        "started_at": format_instant(outage.started_at),
        **incident.matters.facts,
        "outages": judged(incident.outages),
    }
    for key, value in expected.items():
        if _in_order(row.get(key, [])) != _in_order(value):
            yield _differs(name, key, row.get(key), value)


def may_be_history(incident: Incident, starts_at: Instant, as_of: Instant) -> bool:
    """Whether it adds nothing to a period: over, due and done (or no longer counted) before its start."""
    ended_at = incident.times["restored_at"].earliest or incident.retired_at
    if ended_at is None or ended_at > starts_at:
        return False
    return all(_is_settled(incident, stage, starts_at, as_of) for stage in incident.terms.promised())


def deadline(
    started_at: Instant, within: int, waits: Iterable[Wait], until: Instant, hours: Hours | None = None
) -> Instant:
    """When a stage is due: each wait up to `until` that begins before the deadline so far adds its length.

    With hours only what lies in them counts, of the time as of the waits.
    """
    due = after(hours, started_at, within)
    clipped = [(max(start, started_at), until if end is None else min(end, until)) for start, end in waits]
    for start, end in _joined(clipped):
        if start < due:
            due = after(hours, due, passed(hours, start, end))
    return due


def _restored(outage: Outage, situation: Situation) -> Possible:
    if outage.stable_known_at is None:
        return NOTHING
    unnoticed = situation.may_be_unnoticed(outage.stable_known_at)
    return one_of(outage.restored_at, *([None] if unnoticed else []))


def _documented(outage: Outage, by_itself: bool, acts: Sequence[Act], situation: Situation) -> Possible:
    """By a person, or by the system itself, once the device was known as stable before anybody came."""
    repair = _first(acts, "repair")
    known_at = outage.stable_known_at
    if known_at is None or not by_itself:
        return one_of(None if repair is None else repair.at)
    if repair is not None and repair.at <= known_at + UNDERWAY_SECONDS:
        return one_of(repair.at)
    return one_of(outage.restored_at, *([None] if situation.may_be_unnoticed(known_at) else []))


def _came_back_by_itself(outage: Outage, terms: Outages, hours: Hours | None, acts: Sequence[Act]) -> bool:
    """Back and stable by the deadline with nobody at work: a pause is work too, so none moves it."""
    if outage.restored_at is None:
        return False
    stable_at = outage.restored_at + terms.stable_for
    involved = any(act.do in INVOLVING and act.at < stable_at for act in acts)
    if involved or terms.self_recovery != "system":
        return False
    stage = terms.plan or terms.repair
    return stage is None or stable_at <= after(hours, outage.started_at, stage.within)


def _is_settled(incident: Incident, stage: str, starts_at: Instant, as_of: Instant) -> bool:
    terms, outage = incident.terms.promised()[stage], incident.outage
    done_at = _done_at(incident, stage)
    waits = [] if stage == "notify" else incident.waits
    until = as_of if done_at is None else done_at
    due = deadline(outage.started_at, terms.within, waits, until, incident.hours(stage))
    if due >= starts_at:
        return False
    restored_at = incident.times["restored_at"].earliest
    is_not_required = stage == "plan" and restored_at is not None and restored_at <= due
    ends = [at for at in (done_at, incident.retired_at) if at is not None]
    return terms.late is None or is_not_required or any(at <= starts_at for at in ends)


def _done_at(incident: Incident, stage: str) -> Instant | None:
    """When a stage was done at the earliest."""
    keys = {"notify": ["notified_at"], "plan": ["planned_at"], "repair": ["restored_at", "documented_at"]}
    times = [incident.times[key].earliest for key in keys[stage]]
    known = [at for at in times if at is not None]
    return max(known) if len(known) == len(times) else None


def _joined(spans: Iterable[Span]) -> list[Span]:
    """In order, without what is empty; what overlaps or touches is one."""
    joined: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def _called(acts: Sequence[Act], outage: Outage) -> Iterator[Possible]:
    """A call counts from when it was made, but no earlier than the outage and an hour before its record."""
    for act in acts:
        if act.do == "call":
            yield one_of(max(act.details["spoken_at"], act.at - 3_600, outage.started_at))


def _first(acts: Sequence[Act], do: str) -> Act | None:
    return next((act for act in acts if act.do == do), None)


def _says(written: Any, possible: Possible) -> bool:
    return possible.allows(None if written is None else parse_instant(written))


def _differs(name: str, key: str, said: object, happened: object) -> str:
    return f"incident {name}: the facts say {key} {said}, what happened says {happened}"


def _in_order(value: Any) -> Any:
    """Lists are compared whatever their order."""
    return sorted(value, key=repr) if isinstance(value, list) else value
