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


def is_of_all_clients(path: Path) -> bool:
    """Time in which nobody could be heard is everybody's: such a month needs tables of its own."""
    return "unmonitored" in json.loads(path.read_text())["facts"]


OWN = [path for path in VECTORS if is_of_all_clients(path)]
SHARED = [path for path in VECTORS if path not in OWN]


@pytest.mark.parametrize("path", OWN, ids=[path.stem for path in OWN])
def test_a_stored_month_in_which_nobody_could_be_heard_gives_its_statement(path: Path) -> None:
    vector = json.loads(path.read_text())
    facts = vector["facts"]
    with mock_aws():
        create_tables()
        store_facts(facts)
        gathered = gather_facts(facts["contract"]["client"], facts["period"], parse_instant(facts["as_of"]))
    assert compute(gathered) == vector["statement"]


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("number", range(len(SHARED)), ids=[path.stem for path in SHARED])
def test_a_stored_month_gives_its_statement(number: int) -> None:
    """Of a device, practice and local day only the newest evidence is kept: no statement depends on more."""
    vector = json.loads(SHARED[number].read_text())
    facts, client = vector["facts"], f"client-{number}"
    store_facts({**facts, "contract": {**facts["contract"], "client": client}})
    gathered = gather_facts(client, facts["period"], parse_instant(facts["as_of"]))
    assert compute(gathered) == {**vector["statement"], "client": client}
