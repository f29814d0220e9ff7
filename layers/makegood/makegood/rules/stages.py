"""The stages of an incident: each one's deadline, and whether it was kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from makegood.rules.intervals import Interval, join
from makegood.rules.known import known, known_incident
from makegood.rules.terms import STAGES

if TYPE_CHECKING:
    from makegood.rules.facts import IncidentFacts
    from makegood.rules.instants import Instant
    from makegood.rules.terms import Outages

__all__ = ["STAGES", "StageVerdict", "judge_incident"]


@dataclass(frozen=True)
class StageVerdict:
    """One stage of one incident, as judged.

    The verdict is "kept", "not_required", "pending", "excused" or "broken"; only the last two have
    `late_seconds`. `deadline_without_pauses` is where the deadline would be had nothing been paused.
    """

    incident: str
    stage: str
    deadline: Instant
    deadline_without_pauses: Instant
    done_at: Instant | None
    verdict: str
    late_seconds: int


def judge_incident(
    terms: Outages, incident: IncidentFacts, retired_at: Instant | None, as_of: Instant
) -> tuple[StageVerdict, ...]:
    """The promised stages of an incident that has started, by what is known at `as_of`.

    `retired_at` is when its device was retired. The order is that of STAGES.
    """
    seen = known_incident(incident, as_of)
    gone_at = known(retired_at, as_of)
    return tuple(
        _judge(stage, promise.within, seen, gone_at, as_of) for stage, promise in terms.promised().items()
    )


def _judge(
    stage: str, within: int, incident: IncidentFacts, retired_at: Instant | None, as_of: Instant
) -> StageVerdict:
    done_at = _done_at(stage, incident)
    unpaused = incident.started_at + within
    deadline = unpaused if stage == "notify" else _extended(unpaused, incident, done_at, as_of)
    verdict = _verdict(stage, deadline, incident, retired_at, as_of)
    late = verdict in {"broken", "excused"}
    return StageVerdict(
        incident=incident.incident,
        stage=stage,
        deadline=deadline,
        deadline_without_pauses=unpaused,
        done_at=done_at,
        verdict=verdict,
        late_seconds=(as_of if done_at is None else done_at) - deadline if late else 0,
    )


def _done_at(stage: str, incident: IncidentFacts) -> Instant | None:
    if stage == "notify":
        return incident.notified_at
    if stage == "plan":
        return incident.planned_at
    if incident.restored_at is None or incident.documented_at is None:
        return None
    return max(incident.restored_at, incident.documented_at)


def _extended(deadline: Instant, incident: IncidentFacts, done_at: Instant | None, as_of: Instant) -> Instant:
    """The deadline after the pauses: each one that begins before it, as extended so far, adds its length."""
    running = Interval(incident.started_at, as_of if done_at is None else done_at)
    pauses = (Interval(pause.start, as_of if pause.end is None else pause.end) for pause in incident.pauses)
    for pause in join(pause.clip(running) for pause in pauses):
        if pause.start < deadline:
            deadline += pause.seconds()
    return deadline


def _verdict(
    stage: str, deadline: Instant, incident: IncidentFacts, retired_at: Instant | None, as_of: Instant
) -> str:
    done_at = _done_at(stage, incident)
    if _by(done_at, deadline):
        return "kept"
    if stage == "plan" and _by(incident.restored_at, deadline):
        return "not_required"
    if done_at is None and _by(retired_at, deadline):
        return "not_required"
    if done_at is None and as_of <= deadline:
        return "pending"
    return "excused" if any(excuse.stage == stage for excuse in incident.excuses) else "broken"


def _by(instant: Instant | None, deadline: Instant) -> bool:
    return instant is not None and instant <= deadline
