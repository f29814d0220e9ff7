"""The reading is independent: it shares with the system how instants, contracts and money are written."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SIMULATOR = Path(__file__).parents[2] / "simulator/makegood_simulator"
SHARED = {"makegood.rules.instants", "makegood.rules.contracts", "makegood.rules.values"}
OWN = {f"makegood_simulator.{path.stem}" for path in SIMULATOR.glob("reading*.py")}


@pytest.mark.parametrize("path", sorted(SIMULATOR.glob("reading*.py")), ids=lambda path: path.stem)
def test_the_reading_knows_nothing_of_how_the_system_arrives_at_its_facts(path: Path) -> None:
    nodes = list(ast.walk(ast.parse(path.read_text())))
    named = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    named |= {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    ours = {name for name in named if name.startswith("makegood")}
    assert ours <= {*SHARED, *OWN, "makegood_simulator.witness"}
