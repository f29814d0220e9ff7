"""Every worked month, stored and gathered again, gives its statement."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import mock_aws

from makegood.rules.instants import parse_instant
from makegood.rules.statements import compute
from makegood.storage.facts import gather_facts
from makegood_local.load_facts import store_facts
from makegood_simulator.cloud import create_tables

VECTORS = sorted(Path(__file__).parents[1].joinpath("vectors").rglob("*.json"))


@pytest.fixture(scope="module")
def tables() -> Iterator[None]:
    """One pair of tables for all months: each is stored as a client of its own, so none may see another."""
    with mock_aws():
        create_tables()
        yield


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("number", range(len(VECTORS)), ids=[path.stem for path in VECTORS])
def test_a_stored_month_gives_its_statement(number: int) -> None:
    """Of a device, practice and local day only the newest evidence is kept: no statement depends on more."""
    vector = json.loads(VECTORS[number].read_text())
    facts, client = vector["facts"], f"client-{number}"
    store_facts({**facts, "contract": {**facts["contract"], "client": client}})
    gathered = gather_facts(client, facts["period"], parse_instant(facts["as_of"]))
    assert compute(gathered) == {**vector["statement"], "client": client}
