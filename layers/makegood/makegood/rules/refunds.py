"""The refunds: what broken promises earn, line by line, and what of it the cap lets through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from makegood.rules.instants import Instant
    from makegood.rules.practices import PracticeVerdict
    from makegood.rules.scope import Scope
    from makegood.rules.stages import StageVerdict
    from makegood.rules.terms import PracticeTerms, StageTerms
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
        yield from _line(key, 1, verdict.deadline, terms.refund, fee_cents)
    if terms.late is not None:
        units = late_units(verdict, terms, retired_at, scope)
        begins_at = late_unit_begins(verdict, terms, units.start)
        yield from _line(f"{key}/late", len(units), begins_at, terms.late.refund, fee_cents)


def late_units(verdict: StageVerdict, terms: StageTerms, retired_at: Instant | None, scope: Scope) -> range:
    """Which units of lateness, counted from 0, begin in the period and before the stage was done."""
    if terms.late is None:
        return range(0)
    ends = (verdict.done_at, retired_at, scope.as_of + 1, scope.billed.end)
    first, end = (
        # As many units have begun before an instant as were started by then.
        -(-terms.clock.seconds(verdict.deadline, instant) // terms.late.every)
        for instant in (scope.billed.start, min(end for end in ends if end is not None))
    )
    return range(first, end if terms.late.at_most is None else min(end, terms.late.at_most))


def late_unit_begins(verdict: StageVerdict, terms: StageTerms, unit: int) -> Instant:
    """When a unit of lateness begins: with its first second on the stage's clock."""
    every = terms.late.every if terms.late is not None else 0
    return terms.clock.after(verdict.deadline, unit * every + 1) - 1


def practice_lines(
    verdict: PracticeVerdict, terms: PracticeTerms, fee_cents: int, scope: Scope
) -> Iterator[Line]:
    """What a practice earns: once when it is broken, and for each device-day on which it failed."""
    key = f"practice/{verdict.practice}"
    if verdict.verdict == "broken":
        yield from _line(key, 1, scope.period.end, terms.refund, fee_cents)
    yield from _line(f"{key}/each", verdict.failed, scope.period.end, terms.refund_each, fee_cents)


def pay(lines: Iterable[Line], cap_cents: int) -> tuple[Payment, ...]:
    """The lines in order of breach, then key, each paid from what is left of the cap."""
    payments = []
    left = cap_cents
    for line in sorted(lines, key=lambda line: (line.breach_at, line.key)):
        payable = min(line.earned_cents, left)
        payments.append(Payment(line.key, line.earned_cents, payable))
        left -= payable
    return tuple(payments)


def _line(key: str, units: int, breach_at: Instant, refund: Refund | None, fee_cents: int) -> Iterator[Line]:
    """The line of so many units, unless it earns nothing."""
    earned_cents = refund.earned_cents(fee_cents, units) if refund else 0
    if earned_cents:
        yield Line(key, breach_at, earned_cents)
