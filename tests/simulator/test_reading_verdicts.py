"""Verdicts of a statement against what its facts make of each stage, by the words of the specification."""

from __future__ import annotations

from typing import Any

import pytest
from support.witnessed import HOUR, INCIDENT, LAST_SEEN, MINUTE, a_row, the_facts

from makegood.rules.statements import compute
from makegood_simulator.reading_verdicts import wrong_verdicts

NOTIFY, PLAN, REPAIR = LAST_SEEN + 15 * MINUTE, LAST_SEEN + HOUR, LAST_SEEN + 4 * HOUR
EXCUSE = {
    "stage": "notify",
    "reason": "client_caused",
    "approved_by": "owner",
    "approved_at": "2026-03-20T00:00:00Z",
}
PAUSE = {"from": "2026-03-12T04:30:00Z", "to": "2026-03-12T05:30:00Z", "reason": "awaiting_client"}
LATE = {"restored_at": REPAIR + HOUR, "documented_at": REPAIR + HOUR}


def judged(**row: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    facts = the_facts(a_row(**row))
    return compute(facts), facts


@pytest.mark.parametrize("second", [-1, 0, 1])
@pytest.mark.parametrize(
    "row",
    [
        {},
        {"restored_at": None, "documented_at": None},
        {**LATE, "pauses": [PAUSE]},
        {"restored_at": None, "documented_at": None, "excuses": [EXCUSE]},
    ],
)
def test_the_accounting_and_the_reading_agree_around_every_limit(row: dict[str, Any], second: int) -> None:
    for notified in (NOTIFY + second, None):
        for planned in (PLAN + second, PLAN + HOUR + second, None):
            for documented in (REPAIR + second, REPAIR + HOUR + second):
                times = {"notified_at": notified, "planned_at": planned}
                ended = {"documented_at": documented} if row.get("restored_at", 0) is not None else {}
                assert list(wrong_verdicts(*judged(**{**row, **times, **ended}))) == []


@pytest.mark.parametrize(("second", "word"), [(0, "kept"), (1, "broken")])
def test_a_wrong_verdict_is_told(second: int, word: str) -> None:
    statement, facts = judged(notified_at=NOTIFY + second)
    assert statement["stages"][0]["verdict"] == word
    statement["stages"][0]["verdict"] = "excused"
    assert list(wrong_verdicts(statement, facts)) == [
        f"{INCIDENT}/notify: the statement says 2026-03-12T04:15:00Z excused, "
        f"what happened makes it 2026-03-12T04:15:00Z {word}"
    ]
