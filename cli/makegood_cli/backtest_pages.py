"""Backtests for people: tables with bars, and what the facts cannot tell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from makegood.mail.formats import formats_for_operators
from makegood_cli.backtest.drawing import bar, buckets
from makegood_cli.backtest.months import Month
from makegood_cli.backtest.prices import Price, at_most
from makegood_cli.backtest.ranges import WhatIf
from makegood_cli.output import percent, say
from makegood_cli.tables import print_fields, print_table

CURVE_WIDTH = 16


def print_months(months: Sequence[Month], currency: str) -> None:
    """Month by month, with a bar each; then the sums and the doubts."""
    money = formats_for_operators(currency).money
    largest = max(month.refund_cents for month in months)
    columns = ("month", "outages", "broken", "refunded", "would be", "")
    rows = [
        (
            month.period,
            month.incidents,
            month.broken + month.broken_practices,
            money(month.issued_refund_cents),
            money(month.refund_cents),
            bar(month.refund_cents, largest),
        )
        for month in months
    ]
    print_table(columns, rows)
    fees = sum(month.fee_cents for month in months)
    refunds = [month.refund_cents for month in months]
    print_fields(
        {
            "In all": f"{money(sum(refunds))} of {money(fees)} ({_share(sum(refunds), fees)})",
            "As issued": money(sum(month.issued_refund_cents for month in months)),
            "A month": f"{money(round(sum(refunds) / len(refunds)))} on average",
            "The worst": money(max(refunds)),
        }
    )
    for line in _doubts(months):
        say(line)


def _doubts(months: Sequence[Month]) -> Iterator[str]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for month in months:
        for doubt in month.doubts:
            found[doubt].append(month.period)
    if found:
        yield "\nWhat these facts cannot tell:"
    for doubt, periods in found.items():
        yield f"  {doubt} ({', '.join(periods)})"


def print_price(price: Price, currency: str, seed: int) -> None:
    """What a month costs, what that is made of, and how months are spread."""
    money = formats_for_operators(currency).money
    share = _share(price.mean_cents, price.fee_cents)
    print_fields(
        {
            "Expected refund": f"{money(price.mean_cents)} a month ({share} of {money(price.fee_cents)}), "
            f"give or take {money(price.error_cents)}",
            "Half the months": f"at most {money(price.median_cents)}",
            "90% of them": f"at most {money(price.p90_cents)}",
            "The worst": money(price.worst_cents),
            "No refund": f"in {percent(price.free_bps)} of them",
            "Made up": f"{price.runs:,} months, seed {seed}",
        }
    )
    say("")
    largest = max(price.by_promise.values(), default=0)
    rows = [(name, money(cents), bar(cents, largest)) for name, cents in price.by_promise.items()]
    if rows:
        print_table(("promise", "expected a month", ""), rows)
    steps = buckets(price.refunds)
    most = max(count for _, _, count in steps)
    print_table(
        ("refund of a month", "months", ""),
        [(f"up to {money(high)}" if high else money(0), count, bar(count, most)) for _, high, count in steps],
    )


def print_curve(what_if: WhatIf, points: Sequence[tuple[str | int, Sequence[int]]], currency: str) -> None:
    """What each value of the term comes to."""
    money = formats_for_operators(currency).money
    means = [round(sum(refunds) / len(refunds)) for _, refunds in points]
    say("")
    print_table(
        (what_if.path, "average", "90% at most", "worst", ""),
        [
            (
                value,
                money(mean),
                money(at_most(refunds, 90)),
                money(max(refunds)),
                bar(mean, max(means), CURVE_WIDTH),
            )
            for (value, refunds), mean in zip(points, means, strict=True)
        ],
    )


def _share(part: int, whole: int) -> str:
    return percent(10_000 * part // whole) if whole else "0%"
