"""The money of a statement as the specification words it, to hold against what the statement says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import Any

from makegood.rules.contracts import Contract, LateTerms, parse_contract, parse_outages
from makegood.rules.instants import Instant, first_instant, parse_instant, period_bounds
from makegood.rules.values import CURRENCY_DECIMALS
from makegood_simulator.reading_hours import Hours, after, hours_of, opens
from makegood_simulator.reading_verdicts import Json, Judged, judge, retired_at

FOREVER = 10**12


@dataclass(frozen=True)
class _Line:
    key: str
    breach: Instant
    bps: int
    cents: int
    units: int


def wrong_refunds(statement: Json, facts: Json) -> Iterator[str]:
    """The sums and refunds of a statement that its facts do not make so: one sentence each."""
    for name, expected in _expected(statement, facts).items():
        if statement[name] != expected:
            yield f"the statement says {name} {statement[name]}, what happened makes it {expected}"


def refund_cents(statement: Json, facts: Json) -> int:
    """What these facts make the period's refund, its practices being those of the statement."""
    refund = _expected(statement, facts)["refund_cents"]
    assert isinstance(refund, int)
    return refund


def sums_in_words(statement: Json) -> list[str]:
    """What the statement's mail has to say of its sums, in digits: `36200 refunded`, and due or credit."""
    due, currency = statement["due_cents"], statement["currency"]
    refunded = f"{_shown(statement['refund_cents'], currency)} refunded"
    return [
        refunded if statement["earned_cents"] else "nothing to refund",
        f"{_shown(abs(due), currency)} {'due' if due >= 0 else 'credit'}",
    ]


def in_digits(words: str) -> str:
    """`not healthy 143800 due`: without what the client's locale puts around and between digits."""
    return " ".join(re.sub(r"[^0-9a-z ]", "", words).split())


def _expected(statement: Json, facts: Json) -> dict[str, object]:
    contract = parse_contract(facts["contract"])
    starts_at, ends_at = period_bounds(facts["period"], contract.zone)
    begins, until = _covered(contract)
    covered = max(0, min(ends_at, until) - max(starts_at, begins))
    fee = _rounded(Fraction(contract.monthly_fee * covered, ends_at - starts_at))
    cap = _rounded(Fraction(fee * contract.refund_cap_bps, 10_000))
    left = cap
    refunds: list[dict[str, Any]] = []
    lines = [*_stage_lines(contract, facts), *_practice_lines(contract, statement, ends_at)]
    for line in sorted(lines, key=lambda line: (line.breach, line.key)):
        earned = _rounded(Fraction(fee * line.bps * line.units, 10_000)) + line.cents * line.units
        if earned:
            refunds.append({"line": line.key, "earned_cents": earned, "payable_cents": min(earned, left)})
            left -= min(earned, left)
    given = cap - left + sum(row["cents"] for row in facts["adjustments"])
    earned_cents = sum(row["earned_cents"] for row in refunds)
    return {
        "fee_cents": fee,
        "cap_cents": cap,
        "refunds": refunds,
        "earned_cents": earned_cents,
        "refund_cents": cap - left,
        "due_cents": fee - given,
    }


def _stage_lines(contract: Contract, facts: Json) -> Iterator[_Line]:
    starts_at, ends_at = period_bounds(facts["period"], contract.zone)
    begins, until = _covered(contract)
    for incident in facts["incidents"]:
        if not begins <= parse_instant(incident["started_at"]) < until:
            continue
        promised = parse_outages(incident["outages"], contract.currency, contract.zone).promised()
        for stage, terms in promised.items():
            judged = judge(stage, incident, facts)
            if judged.verdict != "broken":
                continue
            key = f"{incident['incident']}/{stage}"
            if terms.refund is not None and starts_at <= judged.due < ends_at:
                yield _Line(key, judged.due, terms.refund.bps, terms.refund.cents, 1)
            if terms.late is not None and terms.late.refund is not None:
                end = min(_end_of_lateness(judged, incident, facts), until, ends_at)
                hours = hours_of(incident["outages"], stage, contract.timezone)
                begun = _units(judged.due, terms.late, end, hours)
                units = [at for at in begun if at >= max(starts_at, begins)]
                if units:
                    yield _Line(
                        f"{key}/late", units[0], terms.late.refund.bps, terms.late.refund.cents, len(units)
                    )


def _units(due: Instant, late: LateTerms, end: Instant, hours: Hours | None) -> Iterator[Instant]:
    """When each unit of lateness begins, as long as that is before the end: with a second that counts."""
    at, left = opens(hours, due), FOREVER if late.at_most is None else late.at_most
    while at < end and left:
        yield at
        at, left = opens(hours, after(hours, at, late.every)), left - 1


def _end_of_lateness(judged: Judged, incident: Json, facts: Json) -> Instant:
    """Units count that begin before this: done, retired, or later than what is known."""
    as_of = parse_instant(facts["as_of"])
    retired = retired_at(incident["device"], facts)
    ends = [as_of + 1, judged.done, None if retired is None else parse_instant(retired)]
    return min(end for end in ends if end is not None)


def _practice_lines(contract: Contract, statement: Json, ends_at: Instant) -> Iterator[_Line]:
    terms = {terms.practice: terms for terms in contract.practices}
    for row in statement["practices"]:
        promised, key = terms[row["practice"]], f"practice/{row['practice']}"
        if promised.refund is not None and row["verdict"] == "broken":
            yield _Line(key, ends_at, promised.refund.bps, promised.refund.cents, 1)
        if promised.refund_each is not None:
            each, units = promised.refund_each, row["missed"] + row["no_evidence"]
            yield _Line(f"{key}/each", ends_at, each.bps, each.cents, units)


def _covered(contract: Contract) -> tuple[Instant, Instant]:
    until = contract.effective_until
    return (
        first_instant(contract.effective_from, contract.zone),
        FOREVER if until is None else first_instant(until, contract.zone),
    )


def _shown(cents: int, currency: str) -> str:
    """`143800`; with the zeros that are written: `005`."""
    return f"{cents:0{CURRENCY_DECIMALS[currency] + 1}}"


def _rounded(amount: Fraction) -> int:
    """Half a unit is rounded up."""
    return floor(amount + Fraction(1, 2))
