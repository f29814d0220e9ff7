"""The refunds: what broken promises earn, line by line, and what of it the cap lets through."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

from makegood.rules.instants import FOREVER, Instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from makegood.rules.practices import PracticeVerdict
    from makegood.rules.scope import Scope
    from makegood.rules.stages import StageVerdict
    from makegood.rules.terms import LateTerms, PracticeTerms, StageTerms
    from makegood.rules.values import Refund


@dataclass(frozen=True)
class Line:
    """What one broken promise earns; `breach_at` is its place in the order of payment."""

    key: str
    breach_at: Instant
    earned_cents: int


@dataclass(frozen=True)
class Payment:
    """A line as paid: what was left of the cap, at most what it earned."""

    line: str
    earned_cents: int
    payable_cents: int


def stage_lines(
    verdict: StageVerdict, terms: StageTerms, retired_at: Instant | None, fee_cents: int, scope: Scope
) -> Iterator[Line]:
    """What a stage earns in the period; `retired_at` is when its device was retired, if that is known."""
    if verdict.verdict != "broken":
        return
    key = f"{verdict.incident}/{verdict.stage}"
    if scope.period.has(verdict.deadline):
        yield from _line(key, [verdict.deadline], terms.refund, fee_cents)
    if terms.late is not None:
        units = late_units(verdict, terms.late, retired_at, scope)
        yield from _line(f"{key}/late", units, terms.late.refund, fee_cents)


def late_units(
    verdict: StageVerdict, late: LateTerms, retired_at: Instant | None, scope: Scope
) -> Sequence[Instant]:
    """When the units of lateness that count in the period begin: all those before the stage was done."""
    ends = (verdict.done_at, retired_at, scope.as_of + 1, scope.billed.end)
    begins = range(verdict.deadline, FOREVER, late.every)[: late.at_most]
    first = bisect_left(begins, scope.billed.start)
    return begins[first : bisect_left(begins, min(end for end in ends if end is not None))]


def practice_lines(
    verdict: PracticeVerdict, terms: PracticeTerms, fee_cents: int, scope: Scope
) -> Iterator[Line]:
    """What a practice earns: once when it is broken, and for each device-day on which it failed."""
    key = f"practice/{verdict.practice}"
    if verdict.verdict == "broken":
        yield from _line(key, [scope.period.end], terms.refund, fee_cents)
    yield from _line(f"{key}/each", [scope.period.end] * verdict.failed, terms.refund_each, fee_cents)


def pay(lines: Iterable[Line], cap_cents: int) -> tuple[Payment, ...]:
    """The lines in order of breach, then key, each paid from what is left of the cap."""
    payments = []
    left = cap_cents
    for line in sorted(lines, key=lambda line: (line.breach_at, line.key)):
        payable = min(line.earned_cents, left)
        payments.append(Payment(line.key, line.earned_cents, payable))
        left -= payable
    return tuple(payments)


def _line(key: str, units: Sequence[Instant], refund: Refund | None, fee_cents: int) -> Iterator[Line]:
    """The line of these breaches, each a unit, unless it earns nothing."""
    earned_cents = refund.earned_cents(fee_cents, len(units)) if refund else 0
    if earned_cents:
        yield Line(key, units[0], earned_cents)
