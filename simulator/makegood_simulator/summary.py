"""What came of a play, in figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from makegood_simulator.people import InVain
from makegood_simulator.play import Play


def summarize(result: Play) -> dict[str, Any]:
    """The figures of a play as JSON."""
    return {
        "statements": [_statement(result.statements[period]) for period in sorted(result.statements)],
        "incidents": result.incidents,
        "mails": len(result.mails),
        "invocations": dict(sorted(result.invocations.items())),
        "calls_to_aws": result.calls,
        "faults": {fate.value: number for fate, number in result.faults.most_common()},
        "in_vain": list(map(told, result.in_vain)),
        "broken_promises": list(result.broken),
        "seconds": round(result.seconds, 1),
    }


def told(in_vain: InVain) -> str:
    """What was in vain, with its line on the tape; the contract the play begins with has none."""
    number = in_vain.line.number
    return f"line {number}: {in_vain.reason}" if number else f"the contract: {in_vain.reason}"


def _statement(statement: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "period": statement["period"],
        "stages": dict(Counter(stage["verdict"] for stage in statement["stages"])),
        "practices": dict(Counter(line["verdict"] for line in statement["practices"])),
        "currency": statement["currency"],
        "refund_cents": statement["refund_cents"],
        "due_cents": statement["due_cents"],
    }
