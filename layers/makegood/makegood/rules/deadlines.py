"""How a stage's deadline came about: step by step, and when a share of its time is over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from makegood.rules.intervals import Interval, join
from makegood.rules.known import known_incident
from makegood.rules.stages import pauses_of
from makegood.rules.values import BPS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from makegood.rules.facts import IncidentFacts
    from makegood.rules.instants import Instant
    from makegood.rules.stages import StageVerdict
    from makegood.rules.terms import StageTerms

RUNS: Final = "runs"
CLOSED: Final = "closed"
PAUSED: Final = "paused"


@dataclass(frozen=True)
class Step:
    """A stretch `[start, end)` on the way to a deadline, and how much of the promised time passed in it.

    `what` is "runs", "closed" (outside of business hours) or "paused"; only what runs counts. A pause that
    is still open ends at the instant as of which the deadline is told.
    """

    what: str
    start: Instant
    end: Instant
    counted_seconds: int


def share_of(verdict: StageVerdict, terms: StageTerms, share_bps: int) -> Instant:
    """When this share of the promised time is over: the first instant with no more than the rest left.

    Counted back from the deadline by the stage's own clock, so a pause moves both.
    """
    return terms.clock.before(verdict.deadline, terms.within * (BPS - share_bps) // BPS)


def explain(
    verdict: StageVerdict, terms: StageTerms, incident: IncidentFacts, as_of: Instant
) -> tuple[Step, ...]:
    """The steps from the start of the incident to the stage's deadline, without a gap between them.

    What runs adds up to `within`. `as_of` is the instant as of which the verdict was judged.
    """
    seen = known_incident(incident, as_of)
    pauses = [pause for pause in pauses_of(verdict.stage, seen, as_of) if pause.start < verdict.deadline]
    whole = Interval(incident.started_at, verdict.deadline)
    open_ = list(terms.clock.runs(*whole))
    runs = [run for piece in _without(whole, pauses) for run in terms.clock.runs(*piece)]
    steps = [Step(RUNS, run.start, run.end, run.seconds()) for run in runs]
    steps += [Step(PAUSED, pause.start, pause.end, 0) for pause in (p.clip(whole) for p in pauses)]
    steps += [Step(CLOSED, *gap, 0) for gap in _without(whole, [*open_, *pauses])]
    return tuple(sorted(steps, key=lambda step: step.start))


def _without(whole: Interval, taken: Sequence[Interval]) -> Iterator[Interval]:
    """What of an interval is left beside others."""
    start = whole.start
    for other in join(other.clip(whole) for other in taken):
        if start < other.start:
            yield Interval(start, other.start)
        start = other.end
    if start < whole.end:
        yield Interval(start, whole.end)
