"""The worked months: every one is reproduced exactly."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from makegood.rules.statements import compute

VECTORS = Path(__file__).parent.parent / "vectors"
MONTHS = sorted(VECTORS.rglob("*.json"))


def test_the_worked_months_are_there() -> None:
    assert len(MONTHS) == 84


@pytest.mark.parametrize("month", MONTHS, ids=lambda month: str(month.relative_to(VECTORS)))
def test_a_worked_month_is_reproduced(month: Path) -> None:
    vector = json.loads(month.read_text())
    statement = compute(vector["facts"])
    assert statement == vector["statement"]
    assert list(statement) == list(vector["statement"])
