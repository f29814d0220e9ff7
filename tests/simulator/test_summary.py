"""The figures of a play, as the operator reads them."""

from __future__ import annotations

from typing import Any

from makegood_simulator.summary import still_late

REPAIR = "modem-20260131T120000Z"


def a_statement(*stages: str) -> dict[str, Any]:
    lines = (f"{REPAIR}/plan", f"{REPAIR}/repair/late", "practice/backup")
    return {
        "stages": [{"incident": REPAIR, "stage": stage} for stage in stages],
        "refunds": [{"line": line} for line in lines],
    }


def test_what_was_broken_before_and_still_earns_is_counted() -> None:
    assert still_late(a_statement()) == 1
    assert still_late(a_statement("notify", "plan")) == 1


def test_what_was_broken_in_the_month_itself_is_counted_among_its_stages() -> None:
    assert still_late(a_statement("repair")) == 0
