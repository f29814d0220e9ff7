"""The stages of an incident: each one's deadline, and whether it was kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from makegood.rules.intervals import Interval, join
from makegood.rules.known import known, known_incident
from makegood.rules.terms import STAGES, StageTerms

if TYPE_CHECKING:
    from makegood.rules.facts import IncidentFacts
    from makegood.rules.instants import Instant
    from makegood.rules.terms import Outages

__all__ = ["STAGES", "StageVerdict", "judge_incident", "pauses_of"]


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

    @property
    def is_undone(self) -> bool:
        return self.done_at is None and self.verdict != "not_required"


def judge_incident(
    terms: Outages, incident: IncidentFacts, retired_at: Instant | None, as_of: Instant
) -> tuple[StageVerdict, ...]:
    """The promised stages of an incident that has started, by what is known at `as_of`.

    `retired_at` is when its device was retired. The order is that of STAGES.
    """
    seen = known_incident(incident, as_of)
    gone_at = known(retired_at, as_of)
    return tuple(_judge(stage, promise, seen, gone_at, as_of) for stage, promise in terms.promised().items())


def _judge(
    stage: str, promise: StageTerms, incident: IncidentFacts, retired_at: Instant | None, as_of: Instant
) -> StageVerdict:
    done_at = _done_at(stage, incident)
    deadline = unpaused = promise.clock.after(incident.started_at, promise.within)
    for pause in pauses_of(stage, incident, as_of):
        if pause.start < deadline:
            deadline = promise.clock.after(deadline, promise.clock.seconds(*pause))
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


def pauses_of(stage: str, incident: IncidentFacts, as_of: Instant) -> list[Interval]:
    """The pauses of a known incident while a stage was to be done, joined; nothing pauses the notice.

    In order, each that begins before the deadline as extended so far adds its length, by the stage's clock.
    """
    if stage == "notify":
        return []
    done_at = _done_at(stage, incident)
    running = Interval(incident.started_at, as_of if done_at is None else done_at)
    pauses = (Interval(pause.start, as_of if pause.end is None else pause.end) for pause in incident.pauses)
    return join(pause.clip(running) for pause in pauses)


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
