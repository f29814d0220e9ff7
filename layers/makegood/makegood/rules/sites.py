"""Whose silence it is: what stands behind a silent agent cannot be heard, and that is not its own outage."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from makegood.rules.intervals import Interval
from makegood.rules.silence import Clock, clock_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from makegood.rules.instants import Instant


class Away(NamedTuple):
    """A time in which an agent was down, so that nobody was heard through it; FOREVER ends what is not over.

    `incident` is the one that it belongs to, None while it is not certain that the agent is down: nobody
    behind it is judged before that is known.
    """

    time: Interval
    incident: str | None


class Verdict(NamedTuple):
    """What a silence is: the device's own outage by this clock, or part of the incident `site`, or none of
    these (yet). `waits`: the device may still be heard in time; what is only announced waits for nothing."""

    outage: Clock | None = None
    site: str | None = None
    waits: bool = False


def times_of(aways: Iterable[Away]) -> list[Interval]:
    """The gaps in the hearing of what stands behind an agent."""
    return [away.time for away in aways]


def site_of(
    last_seen: Instant, grace_seconds: int, gaps: Sequence[Interval], aways: Iterable[Away]
) -> str | None:
    """The incident by which a silence counts that is held by these times: that of the first which begins at
    or before the device is due and has not been over for its grace by then; None when none of them holds it.

    A silence that was overdue before its agent's began is not held.
    """
    earlier: list[Interval] = []
    for away in sorted(aways, key=lambda away: away.time):
        due = clock_of(last_seen, grace_seconds, unmonitored=[*gaps, *earlier]).due
        if away.time.start <= due < away.time.end + grace_seconds:
            return away.incident
        earlier.append(away.time)
    return None
