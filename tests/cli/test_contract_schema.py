"""The published schema of contract files says what the parser says, as far as a schema can."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from cli.conftest import Makegood
from hypothesis import given, settings
from hypothesis import strategies as st
from support.cast import a_contract

from makegood.rules.contracts import ContractError, parse_contract
from makegood_cli.contract_file import parse_yaml
from makegood_cli.contract_schema import contract_schema
from makegood_cli.holiday_dates import with_dates

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "docs" / "contract.schema.json"
EXAMPLES = {file.stem: file for file in sorted((ROOT / "contracts").glob("*.yaml"))}
SCHEMA = jsonschema_rs.Draft7Validator(contract_schema())

Where = tuple[str | int, ...]

WHOLE = parse_yaml((EXAMPLES["every-option"]).read_text())
"""A contract with every field; its holidays are written out, since looking them up takes long."""
WHOLE["outages"]["holidays"] = {"calendar": "ours", "dates": ["2026-12-24", "2026-12-25"]}


def is_refused_by_the_parser(contract: Any) -> bool:
    try:
        parse_contract(with_dates(contract))
    except ContractError:
        return True
    return False


def test_the_published_schema_is_that_of_the_code(makegood: Makegood) -> None:
    said = makegood.says("contract", "schema")
    assert PUBLISHED.read_text() == said, (
        "run: .venv/bin/makegood contract schema > docs/contract.schema.json"
    )
    jsonschema_rs.meta.validate(json.loads(said))


@pytest.mark.parametrize("file", EXAMPLES.values(), ids=list(EXAMPLES))
def test_every_example_is_right_by_the_schema_and_names_it(file: Path) -> None:
    SCHEMA.validate(parse_yaml(file.read_text()))
    assert file.read_text().startswith("# yaml-language-server: $schema=../docs/contract.schema.json\n")


def test_the_fields_of_the_schema_are_those_of_the_parser() -> None:
    places = list(_objects(WHOLE))
    assert ("outages", "plan", "then") in places
    assert ("outages", "escalation", 0) in places
    for place in places:
        contract = deepcopy(WHOLE)
        _at(contract, place)["nonsense"] = 1
        [known] = [
            problem.message.partition("known are ")[2].split(", ")
            for problem in _problems(contract)
            if problem.path.endswith("nonsense")
        ]
        assert known == list(_schema_at(place)["properties"]), place


def test_every_field_says_what_it_means() -> None:
    for place in _objects(WHOLE):
        for name, field in _schema_at(place)["properties"].items():
            assert field["description"].endswith("."), (place, name)


PLAIN: list[Any] = [
    *(None, True, 0, 1, 23, 24, 28, 29, -1, 0.5, 10**12, "", "x"),
    *(
        "0s",
        "1s",
        "15m",
        "2d",
        "3651d",
        "999999999s",
        "5%",
        "0%",
        "99%",
        "100%",
        "101%",
        "0100.00%",
        "7.253%",
    ),
    *("10", "10.00", "1.5000", "1.00000", "USD", "usd", "en_GB", "de_DE", "UTC", "system", "acme", "Acme"),
    *("2026-02-01", "2026-02-31", "2026-2-1", "08:00-18:00", "18:00-24:00", "24:00-01:00", "mon-fri"),
    *(
        "owner@acme.example",
        "owner@",
        "sms:+15551234567",
        "sms:12",
        "https://a.example/x",
        "https://a.example:1",
    ),
]
VALUES: list[Any] = [*PLAIN, *([value] for value in PLAIN), [], {}, {"within": "1h"}, {"mon": "08:00-18:00"}]
"""What may stand in a contract, right or wrong, and what comes close."""


def test_what_the_schema_refuses_at_one_place_the_parser_refuses_too() -> None:
    refused = 0
    for place in _everything(WHOLE):
        contract = deepcopy(WHOLE)
        holder = _at(contract, place[:-1])
        for value in VALUES:
            holder[place[-1]] = value
            if not SCHEMA.is_valid(contract):
                refused += 1
                assert is_refused_by_the_parser(contract), (place, value)
    assert refused > 4_000


@settings(max_examples=500, deadline=None)
@given(st.data())
def test_what_the_schema_refuses_the_parser_refuses_too(data: st.DataObject) -> None:
    contract = deepcopy(data.draw(st.sampled_from([WHOLE, a_contract()])))
    for _ in range(data.draw(st.integers(1, 2))):
        _spoil(contract, data)
    if not SCHEMA.is_valid(contract):
        assert is_refused_by_the_parser(contract), list(SCHEMA.iter_errors(contract))


def _spoil(contract: Any, data: st.DataObject) -> None:
    """Takes a field away, puts another value in its place, or adds a field."""
    place = data.draw(st.sampled_from(list(_everything(contract))))
    holder, name = _at(contract, place[:-1]), place[-1]
    what = data.draw(st.sampled_from(["remove", "replace", "replace", "add"]))
    if what == "remove":
        del holder[name]
    elif what == "replace" or isinstance(holder, list):
        holder[name] = deepcopy(data.draw(st.sampled_from(VALUES)))
    else:
        name = data.draw(st.sampled_from(["then", "within", "refund", "hours", "mon", "x"]))
        holder[name] = deepcopy(data.draw(st.sampled_from(VALUES)))


WRONG: list[tuple[Where, Any]] = [
    (("client",), "Acme"),
    (("name",), ""),
    (("currency",), "EURO"),
    (("locale",), "de_DE"),
    (("monthly_fee",), "1,250.00"),
    (("monthly_fee",), 12.5),
    (("effective_from",), "15 April"),
    (("contacts", "outages"), "owner@acme.example"),
    (("contacts", "outages", 0), "owner"),
    (("contacts", "statements"), []),
    (("contacts",), {"statements": ["owner@acme.example"]}),
    (("outages", "notify", "within"), "0m"),
    (("outages", "notify", "within"), 15),
    (("outages", "notify", "refund"), 5),
    (("outages", "plan", "then"), {"refund": "5%"}),
    (("outages", "repair", "self_recovery"), "nobody"),
    (("outages", "hours"), {}),
    (("outages", "hours"), {"monday": "08:00-18:00"}),
    (("outages", "hours", "mon-fri"), "8-18"),
    (("outages", "hours"), None),
    (("outages", "escalation", 0, "to"), "nobody"),
    (("outages", "warnings", 0), "0%"),
    (("practices", "patching", "at_least"), "101%"),
    (("practices", "antivirus", "grace_days"), 3),
    (("refund_cap",), 60),
    (("statement", "day"), 29),
    (("statement", "hour"), 24),
]


@pytest.mark.parametrize(("place", "value"), WRONG, ids=str)
def test_editors_mark_what_is_often_written_wrong(place: Where, value: Any) -> None:
    contract = deepcopy(WHOLE)
    _at(contract, place[:-1])[place[-1]] = value
    assert not SCHEMA.is_valid(contract)
    assert is_refused_by_the_parser(contract)


@pytest.mark.parametrize("field", contract_schema()["required"])
def test_editors_mark_what_is_missing(field: str) -> None:
    contract = {name: value for name, value in WHOLE.items() if name != field}
    assert not SCHEMA.is_valid(contract)
    assert is_refused_by_the_parser(contract)


def _problems(contract: Any) -> tuple[Any, ...]:
    with pytest.raises(ContractError) as refused:
        parse_contract(contract)
    return refused.value.problems


def _objects(value: Any, place: Where = ()) -> Iterator[Where]:
    """Where objects of known fields stand."""
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _objects(inner, (*place, index))
    if isinstance(value, dict) and place != ("outages", "hours"):
        yield place
        for name, inner in value.items():
            yield from _objects(inner, (*place, name))


def _everything(value: Any, place: Where = ()) -> Iterator[Where]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        yield (*place, name)
        yield from _everything(each, (*place, name))


def _at(value: Any, place: Where) -> Any:
    for name in place:
        value = value[name]
    return value


def _schema_at(place: Where) -> Any:
    """The schema of the object of fields there."""
    found: Any = contract_schema()
    for name in place:
        inner = found["items"] if isinstance(name, int) else found["properties"][name]
        found = next(each for each in _alternatives(inner) if "properties" in each or "items" in each)
    return found


def _alternatives(schema: Any) -> Iterator[Any]:
    for each in schema.get("anyOf", [schema]):
        yield from [each] if "anyOf" not in each else _alternatives(each)
