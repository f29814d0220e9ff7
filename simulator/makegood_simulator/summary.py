"""What came of a play, in figures."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from hashlib import sha256
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
        "fingerprint": fingerprint(result),
        "seconds": round(result.seconds, 1),
    }


def fingerprint(result: Play) -> str:
    """Equal for plays in which the same happened: their logs, mails and files."""
    digest = sha256(json.dumps(result.log).encode())
    for source in (*(mail.source for mail in result.mails), *result.files.values()):
        digest.update(source)
    return digest.hexdigest()[:16]


def told(in_vain: InVain) -> str:
    """What was in vain, with its line on the tape; the contract the play begins with has none."""
    number = in_vain.line.number
    return f"line {number}: {in_vain.reason}" if number else f"the contract: {in_vain.reason}"


def _statement(statement: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "period": statement["period"],
        "stages": _verdicts(statement["stages"]),
        "still_late": still_late(statement),
        "practices": _verdicts(statement["practices"]),
        "currency": statement["currency"],
        "refund_cents": statement["refund_cents"],
        "due_cents": statement["due_cents"],
    }


def still_late(statement: Mapping[str, Any]) -> int:
    """How many promises that were broken before still earn a refund for being late."""
    listed = {f"{stage['incident']}/{stage['stage']}/late" for stage in statement["stages"]}
    earning = {refund["line"] for refund in statement["refunds"] if refund["line"].endswith("/late")}
    return len(earning - listed)


def _verdicts(lines: list[dict[str, Any]]) -> dict[str, int]:
    """How often each verdict was passed; a practice that nothing was due for has none."""
    return dict(Counter(line["verdict"] for line in lines if line["verdict"] is not None))
