"""`makegood statement csv`: lines whose amounts add up to what is due."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from makegood.rules.statements import compute
from makegood.rules.values import CURRENCY_DECIMALS
from makegood_cli.main import cli

VECTORS = sorted((Path(__file__).parent.parent / "vectors").rglob("*.json"))


def lines(facts: dict[str, Any], folder: Path) -> list[dict[str, str]]:
    file = folder / "statement.json"
    file.write_text(json.dumps({**compute(facts), "facts": facts}))
    done = CliRunner().invoke(cli, ["statement", "csv", str(file)], catch_exceptions=False)
    assert done.exit_code == 0
    return list(csv.DictReader(io.StringIO(done.stdout_bytes.decode(), newline="")))


def a_month(name: str) -> dict[str, Any]:
    (file,) = (file for file in VECTORS if file.name.startswith(name))
    facts: dict[str, Any] = json.loads(file.read_text())["facts"]
    return facts


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.stem)
def test_the_amounts_of_every_worked_month_add_up_to_what_is_due(vector: Path, tmp_path: Path) -> None:
    facts = json.loads(vector.read_text())["facts"]
    statement: dict[str, Any] = compute(facts)
    decimals = CURRENCY_DECIMALS[statement["currency"]]
    total = sum((Decimal(line["amount"]) for line in lines(facts, tmp_path)), Decimal())
    assert total.scaleb(decimals) == statement["due_cents"]


def test_each_line_says_what_it_is(tmp_path: Path) -> None:
    facts = {
        **a_month("02-"),
        "adjustments": [{"period": "2026-02", "cents": 1200, "reason": "=late bounce"}],
    }
    found = [(line["kind"], line["line"], line["earned"], line["amount"]) for line in lines(facts, tmp_path)]
    statement: dict[str, Any] = compute(facts)
    assert found[0] == ("fee", "fee", "", "2400.00")
    assert [line for _, line, _, _ in found[1:-1]] == [refund["line"] for refund in statement["refunds"]]
    assert found[-1] == ("adjustment", "2026-02", "", "-12.00")


def test_what_people_typed_is_no_formula(tmp_path: Path) -> None:
    facts = {
        **a_month("02-"),
        "adjustments": [{"period": "2026-02", "cents": 1200, "reason": '=HYPERLINK("x")'}],
    }
    assert lines(facts, tmp_path)[-1]["description"] == '\'=HYPERLINK("x")'


def test_lines_that_the_facts_do_not_bear_out_are_refused(tmp_path: Path) -> None:
    facts = a_month("02-")
    (tmp_path / "x.json").write_text(json.dumps({**compute(facts), "due_cents": 0, "facts": facts}))
    done = CliRunner().invoke(cli, ["statement", "csv", str(tmp_path / "x.json")])
    assert (done.exit_code, done.stdout) == (1, "")
    assert "due_cents: the statement says 0, its facts come to" in done.stderr


def test_yen_have_no_decimals(tmp_path: Path) -> None:
    assert "." not in lines(a_month("09-"), tmp_path)[0]["amount"]


def test_a_file_that_is_no_statement_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}")
    done = CliRunner().invoke(cli, ["statement", "csv", str(tmp_path / "x.json")])
    assert (done.exit_code, "is no statement with its facts" in done.stderr) == (1, True)
