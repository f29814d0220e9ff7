"""What time itself brings to an incident: levels reached, shares and limits of clocks, promises kept.

Each is noted in the timeline once, by whichever step comes to it first, and so told as an event.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from makegood.rules.instants import format_instant
from makegood.rules.ladder import LIMIT, LOOK_AFTER_SECONDS, reached, warning

if TYPE_CHECKING:
    from makegood.rules.incidents import Situation
    from makegood.rules.instants import Instant
    from makegood.rules.stages import StageVerdict


@dataclass(frozen=True)
class Entry:
    """An entry of the timeline: `what` is its name for ever, `more` what its event carries besides."""

    what: str
    at: Instant
    more: dict[str, Any]


def due_notes(
    situation: Situation, verdicts: Iterable[StageVerdict], now: Instant, *, ended: bool
) -> tuple[Entry, ...]:
    """What has come true and is not noted yet."""
    entries = (*_alerts(situation, now, ended), *_clocks(situation, verdicts, now, ended))
    return tuple(entry for entry in entries if entry.what not in situation.noted)


def _alerts(situation: Situation, now: Instant, ended: bool) -> Iterator[Entry]:
    for rung in reached(situation, now, ended=ended):
        if rung.due_at <= now and (not ended or rung.number == 0):
            more = {"level": rung.number, "to": list(rung.to)}
            yield Entry(f"alerted-{rung.number}", max(rung.due_at, situation.opened_at), more)


def _clocks(
    situation: Situation, verdicts: Iterable[StageVerdict], now: Instant, ended: bool
) -> Iterator[Entry]:
    for verdict in verdicts:
        about = {"deadline": format_instant(verdict.deadline)}
        if verdict.verdict == "kept":
            assert verdict.done_at is not None
            yield Entry(f"{verdict.stage}-kept", verdict.done_at, about)
        elif verdict.verdict == "broken" and now >= verdict.deadline + LOOK_AFTER_SECONDS:
            yield Entry(f"{verdict.stage}-broken", verdict.deadline, about)
        moment = None if ended else warning(situation, verdict, now)
        if moment is not None and moment[0] != LIMIT:
            share, at = moment
            yield Entry(f"{verdict.stage}-warned-{share}", at, {**about, "share": int(share)})
