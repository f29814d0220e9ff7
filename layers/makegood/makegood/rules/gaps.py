"""What a day is about to miss: its device-days as the statement would judge them if nothing more came in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from makegood.rules.known import known_facts
from makegood.rules.practices import DeviceDay, count_days, judge_days
from makegood.rules.refunds import practice_lines
from makegood.rules.scope import fee_cents, scope_of
from makegood.rules.statements import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence, Set

    from makegood.rules.facts import EvidenceFacts, Facts
    from makegood.rules.instants import LocalDay
    from makegood.rules.practices import PracticeVerdict
    from makegood.rules.scope import Scope
    from makegood.rules.terms import PracticeTerms

_FAILED: Final = ("missed", "no_evidence")


@dataclass(frozen=True)
class OpenDay:
    """A device's day that is not shown to be done; `evidence` is the newest there is, however old."""

    device: str
    verdict: str
    evidence: EvidenceFacts | None


@dataclass(frozen=True)
class Gap:
    """The open days of one practice.

    `cents` is by how much the refunds of the month so far grow if they stay as they are, before the cap;
    `score_bps` is then the practice's score.
    """

    terms: PracticeTerms
    days: tuple[OpenDay, ...]
    cents: int
    score_bps: int


def gaps_of(facts: Facts, day: LocalDay) -> tuple[Gap, ...]:
    """What this day of the facts' period would miss if it ended with these facts, the worst first.

    The most money comes first, then the lowest score, then the order of the contract. A day that the contract
    does not cover misses nothing.
    """
    facts = replace(facts, as_of=day.ends_at)
    scope = scope_of(facts)
    seen = counted(known_facts(facts), scope)
    newest = newest_evidence(each for each in seen.evidence if each.at < day.ends_at)
    fee = fee_cents(seen.contract.monthly_fee, scope)
    gaps = []
    for terms in seen.contract.practices:
        judged = tuple(judge_days(seen, terms, scope))
        failed = {each for each in judged if each.date == day.date and each.verdict in _FAILED}
        if failed:
            gaps.append(_gap(terms, judged, failed, newest, partial(_earned, terms, fee, scope)))
    return tuple(sorted(gaps, key=lambda gap: (-gap.cents, gap.score_bps)))


def newest_evidence(evidence: Iterable[EvidenceFacts]) -> dict[tuple[str, str], EvidenceFacts]:
    """The newest of each device and practice; of several at one instant, the last."""
    return {(each.device, each.practice): each for each in sorted(evidence, key=attrgetter("at"))}


def _gap(
    terms: PracticeTerms,
    judged: Sequence[DeviceDay],
    failed: Set[DeviceDay],
    newest: Mapping[tuple[str, str], EvidenceFacts],
    earned: Callable[[PracticeVerdict], int],
) -> Gap:
    stands = count_days(terms, judged)
    caught_up = count_days(terms, (replace(day, verdict="done") if day in failed else day for day in judged))
    assert stands.score_bps is not None  # a failed day is judged
    days = (
        OpenDay(day.device, day.verdict, newest.get((day.device, terms.practice)))
        for day in judged
        if day in failed
    )
    return Gap(terms, tuple(days), earned(stands) - earned(caught_up), stands.score_bps)


def _earned(terms: PracticeTerms, fee_cents: int, scope: Scope, verdict: PracticeVerdict) -> int:
    return sum(line.earned_cents for line in practice_lines(verdict, terms, fee_cents, scope))
