"""Who hears of an incident that goes on: levels that are reached, warnings of limits, what quietens them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from makegood.rules.deadlines import share_of
from makegood.rules.mails import order
from makegood.rules.values import BPS

if TYPE_CHECKING:
    from makegood.rules.contracts import Outages
    from makegood.rules.incidents import Situation
    from makegood.rules.instants import Instant
    from makegood.rules.stages import StageVerdict

LOOK_AFTER_SECONDS = 3
"""A deadline is looked at a little after it passed, so that what happened in its last second is on record."""

LIMIT = "limit"


@dataclass(frozen=True)
class Rung:
    """Those who are alerted at one moment; the lowest one's comes with the outage itself."""

    number: int
    due_at: Instant
    to: tuple[str, ...]


def rungs_of(terms: Outages, technicians: tuple[str, ...], started_at: Instant) -> tuple[Rung, ...]:
    """The ladder, from its foot; a contract that names no levels has the deployment's technicians there."""
    if not terms.escalation:
        return (Rung(0, started_at, technicians),)
    moments = sorted({level.after for level in terms.escalation})
    return tuple(
        Rung(
            number, started_at + after, tuple(level.to for level in terms.escalation if level.after == after)
        )
        for number, after in enumerate(moments)
    )


def ladder(situation: Situation) -> tuple[Rung, ...]:
    return rungs_of(situation.terms, situation.technicians, situation.facts.started_at)


def reached(situation: Situation, now: Instant, *, ended: bool) -> tuple[Rung, ...]:
    """The rungs that are alerted: reached while nobody had taken the incident.

    Once it has ended no more are, yet those that were alerted stay.
    """
    return tuple(rung for rung in ladder(situation) if _is_reached(situation, rung, now, ended))


def people(rungs: tuple[Rung, ...]) -> tuple[str, ...]:
    return tuple(to for rung in rungs for to in rung.to)


def moments_ahead(situation: Situation) -> Iterator[Instant]:
    """When the next rungs are reached, unless somebody takes the incident before."""
    if situation.involved_at is None:
        yield from (rung.due_at for rung in ladder(situation))


def warned_at(situation: Situation, verdict: StageVerdict, share: int) -> Instant:
    """When a share of the promised time is over, on the stage's own clock: a pause moves it too."""
    return share_of(verdict, situation.terms.promised()[verdict.stage], share * BPS // 100)


def warning(situation: Situation, verdict: StageVerdict, now: Instant) -> tuple[str, Instant] | None:
    """The last moment of a stage's clock that has come, `50` or `limit`, and when it was; None before any."""
    if verdict.done_at is not None or verdict.verdict == "not_required":
        return None
    if now >= verdict.deadline + LOOK_AFTER_SECONDS:
        return LIMIT, verdict.deadline
    if now > verdict.deadline:
        return None
    passed = [
        (str(share), warned_at(situation, verdict, share))
        for share in situation.terms.warnings
        if warned_at(situation, verdict, share) <= now
    ]
    return passed[-1] if passed else None


def warned_people(situation: Situation, moment: str, at: Instant, now: Instant) -> tuple[str, ...]:
    """Whom a warning goes to: the levels reached when it fell due.

    Once somebody has taken the incident, warnings before a limit go to that person alone; that a limit has
    passed, all of them hear.
    """
    levels = tuple(rung for rung in reached(situation, now, ended=False) if rung.due_at <= at)
    everybody = people(levels)
    if moment != LIMIT and situation.taken_by in everybody:
        return tuple(to for to in everybody if to == situation.taken_by)
    return everybody


def _is_reached(situation: Situation, rung: Rung, now: Instant, ended: bool) -> bool:
    if rung.number == 0 or _was_alerted(situation, rung):
        return True
    if ended or rung.due_at > now:
        return False
    return situation.involved_at is None or situation.involved_at >= rung.due_at


def _was_alerted(situation: Situation, rung: Rung) -> bool:
    about = f"incident#{situation.facts.incident}"
    return any(order(about, "alert", to).mail in situation.mails for to in rung.to)
