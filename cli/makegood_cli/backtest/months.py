"""Past months computed again under other terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from makegood.rules.instants import Period
from makegood.rules.statements import compute
from makegood_cli.backtest.terms import doubts, put_into

Json = dict[str, Any]


@dataclass(frozen=True)
class Month:
    """A month under other terms, beside what was refunded for it; money in minor units."""

    period: Period
    incidents: int
    broken: int
    broken_practices: int
    fee_cents: int
    refund_cents: int
    issued_refund_cents: int
    doubts: tuple[str, ...]


def compute_again(history: Sequence[Json], terms: Mapping[str, Any]) -> list[Month]:
    """Each month of the facts, in their order, under these terms. Raises FactsError."""
    return [_month(history, number, terms) for number in range(len(history))]


def refunds_under(history: Sequence[Json], terms: Mapping[str, Any]) -> list[int]:
    """What each month would have refunded, in minor units."""
    return [_number(statement["refund_cents"]) for statement in _statements(history, terms)]


def _statements(history: Sequence[Json], terms: Mapping[str, Any]) -> Iterator[Json]:
    for number, facts in enumerate(history):
        yield compute(put_into(facts, terms, history[:number]))


def _month(history: Sequence[Json], number: int, terms: Mapping[str, Any]) -> Month:
    facts = history[number]
    issued = compute(facts)
    statement: Json = compute(put_into(facts, terms, history[:number]))
    bounds = (statement["starts_at"], statement["ends_at"])
    return Month(
        period=facts["period"],
        incidents=sum(
            bounds[0] <= incident["started_at"] < bounds[1] for incident in facts.get("incidents") or ()
        ),
        broken=sum(stage["verdict"] == "broken" for stage in statement["stages"]),
        broken_practices=sum(practice["verdict"] == "broken" for practice in statement["practices"]),
        fee_cents=statement["fee_cents"],
        refund_cents=statement["refund_cents"],
        issued_refund_cents=_number(issued["refund_cents"]),
        doubts=tuple(doubts(facts, terms, is_first=number == 0)),
    )


def _number(value: object) -> int:
    assert isinstance(value, int)
    return value
