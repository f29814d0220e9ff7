"""The availability of every worked month, by the words of the specification alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from makegood_simulator.reading_availability import wrong_availability

VECTORS = sorted((Path(__file__).parents[1] / "vectors").rglob("*.json"))


@pytest.mark.parametrize("file", VECTORS, ids=lambda file: file.stem)
def test_the_reading_agrees_with_every_worked_month(file: Path) -> None:
    month = json.loads(file.read_text())
    assert list(wrong_availability(month["statement"], month["facts"])) == []


@pytest.mark.parametrize(
    "name", ["monitored_seconds", "down_seconds", "maintenance_seconds", "availability_bps"]
)
def test_a_second_more_is_told(name: str) -> None:
    (file,) = (file for file in VECTORS if file.stem.startswith("02-"))
    month: dict[str, Any] = json.loads(file.read_text())
    row = month["statement"]["availability"][0]
    right = dict(row)
    row[name] += 1
    assert list(wrong_availability(month["statement"], month["facts"])) == [
        f"availability of {row['device']}: the statement says {row}, what happened makes it {right}"
    ]


def test_a_device_that_is_left_out_is_told() -> None:
    month: dict[str, Any] = json.loads(VECTORS[0].read_text())
    left_out = month["statement"]["availability"].pop()
    [sentence] = wrong_availability(month["statement"], month["facts"])
    assert sentence.startswith(f"availability of {left_out['device']}: the statement says None, ")
