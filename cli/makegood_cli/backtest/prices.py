"""What a guarantee costs in many made-up months, how far they lie apart, and what it is made of."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from makegood.rules.statements import compute
from makegood_cli.backtest.assumed import Assumed, Months

CONFIDENCE = 1.96
"""So many standard errors on either side hold the true mean in 95 of 100 cases."""

Json = dict[str, Any]


@dataclass(frozen=True)
class Price:
    """Refunds of a month, `mean_cents` give or take `error_cents`, and what so many months do not exceed."""

    runs: int
    fee_cents: int
    mean_cents: int
    error_cents: int
    median_cents: int
    p90_cents: int
    worst_cents: int
    free_bps: int
    by_promise: Mapping[str, int]
    refunds: tuple[int, ...]


def price(
    terms: Mapping[str, Any],
    assumed: Assumed,
    *,
    seed: int,
    runs: int,
    progress: Callable[[int], None] = lambda _: None,
) -> Price:
    """Computes so many made-up months by the same rules as real ones; `progress` hears of each."""
    months = Months(terms, assumed, seed)
    statements = []
    for number in range(runs):
        statements.append(compute(months.facts(number)))
        progress(number + 1)
    return summarize(statements)


def summarize(statements: Sequence[Mapping[str, Any]]) -> Price:
    """What these statements come to; of the fees the first, as all are of one month."""
    refunds = [statement["refund_cents"] for statement in statements]
    paid: Counter[str] = Counter()
    for statement in statements:
        for line in statement["refunds"]:
            paid[promise_of(line["line"])] += line["payable_cents"]
    runs = len(refunds)
    mean = sum(refunds) / runs
    variance = sum((refund - mean) ** 2 for refund in refunds) / (runs - 1) if runs > 1 else 0.0
    return Price(
        runs=runs,
        fee_cents=statements[0]["fee_cents"],
        mean_cents=round(mean),
        error_cents=round(CONFIDENCE * math.sqrt(variance / runs)),
        median_cents=at_most(refunds, 50),
        p90_cents=at_most(refunds, 90),
        worst_cents=max(refunds),
        free_bps=10_000 * refunds.count(0) // runs,
        by_promise={promise: round(cents / runs) for promise, cents in sorted(paid.items())},
        refunds=tuple(refunds),
    )


def at_most(values: Sequence[int], percent: int) -> int:
    """The smallest of the values that so many percent of them do not exceed."""
    return sorted(values)[math.ceil(len(values) * percent / 100) - 1]


def promise_of(line: str) -> str:
    """The promise that a refund line is of: `notify`, `repair late`, `backup`, `backup each`."""
    first, *rest = line.split("/")
    return " ".join(rest) if rest else first
