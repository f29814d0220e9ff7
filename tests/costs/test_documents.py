"""What documents say of requests and of money is what was measured last."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from requests_made import NO_REQUEST

from makegood_cli.cost.measured import Counted, measured
from makegood_cli.cost.model import Fleet, month
from makegood_cli.cost.prices import read_prices

DOCS = Path(__file__).parents[2] / "docs"
HALF_A_DIGIT = 0.051
"""The document has one digit behind the point."""


def test_the_table_of_requests_has_what_was_measured_in_the_same_order() -> None:
    (table,) = re.findall(
        r"^\| \| requests \| write units \| read units \|\n\|[-|]+\|\n((?:\|.*\|\n)+)",
        (DOCS / "performance.md").read_text(),
        re.MULTILINE,
    )
    said = [_figures(line) for line in table.splitlines()]
    for told, counted in zip(said, measured().things.values(), strict=True):
        assert told == pytest.approx(_whole(counted), abs=HALF_A_DIGIT)


def test_the_price_of_a_million_devices_is_that_of_the_command() -> None:
    (said,) = re.findall(
        r"some \$([\d,]+) a month \(`makegood cost --devices 1000000 --clients 50000`\)",
        (DOCS / "scale.md").read_text(),
    )
    bill = month(Fleet(devices=1_000_000, clients=50_000), measured(), read_prices())
    assert f"{sum(line.dollars for line in bill):,.0f}"[:-3] == said[:-3]


def _figures(line: str) -> list[float]:
    return [float(cell.replace(",", "")) for cell in line.split("|")[2:5]]


def _whole(counted: Counted) -> list[float]:
    """Requests, write units and read units, of all functions."""
    operations = {what for of in counted.values() for what in of} - NO_REQUEST
    return [
        sum(of.get(what, 0) for of in counted.values() for what in names)
        for names in (operations, {"write units"}, {"read units"})
    ]
