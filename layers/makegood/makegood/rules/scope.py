"""The time a statement is about: its period, what the contract covers, and how far it is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from makegood.rules.contracts import covered
from makegood.rules.instants import FOREVER, Instant, LocalDay, local_days, period_bounds
from makegood.rules.intervals import Interval
from makegood.rules.values import round_half_up

if TYPE_CHECKING:
    from makegood.rules.facts import Facts


@dataclass(frozen=True)
class Scope:
    """`covered` is all of the contract's time, also outside the period.

    `days` are the local days of the period that the contract covers and that are over.
    """

    period: Interval
    covered: Interval
    as_of: Instant
    days: tuple[LocalDay, ...]

    @property
    def billed(self) -> Interval:
        """The part of the period that the contract covers."""
        return self.period.clip(self.covered)

    @property
    def known(self) -> Interval:
        """What of that is known."""
        return self.billed.clip(Interval(self.period.start, self.as_of))


def scope_of(facts: Facts) -> Scope:
    zone = facts.contract.zone
    start, end = covered(facts.contract)
    terms = Interval(start, FOREVER if end is None else end)
    over = terms.clip(Interval(start, facts.as_of))
    days = local_days(facts.period, zone)
    return Scope(
        period=Interval(*period_bounds(facts.period, zone)),
        covered=terms,
        as_of=facts.as_of,
        days=tuple(day for day in days if over.covers(Interval(day.starts_at, day.ends_at))),
    )


def fee_cents(monthly_fee: int, scope: Scope) -> int:
    """The monthly fee for the part of the period that is covered, by the second."""
    return round_half_up(monthly_fee * scope.billed.seconds(), scope.period.seconds())
