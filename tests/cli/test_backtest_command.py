"""`makegood backtest` as people call it: from a deployment, from files, from assumptions."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from cli.conftest import Makegood
from support.months import CONTRACT, TERMS, a_contract, a_month, an_incident, at
from support.typed import blocks_of

from makegood.issuing import issue
from makegood.rules.instants import parse_instant
from makegood.rules.statements import compute
from makegood_local.load_facts import store_facts

ROOT = Path(__file__).parents[2]
MOMENT = parse_instant("2026-05-03T09:00:00Z")
LATE: dict[str, Any] = {
    "restored_at": at("10 13:00"),
    "documented_at": at("10 14:30"),
    "pauses": [],
    "excuses": [],
}
APRIL = a_month(incidents=[an_incident(**LATE)])
"""Repaired two hours and a half late: 10% and three times 2% of 1,000.00."""

SIX_HOURS = a_contract(
    effective_from="2027-01-01",
    effective_until="2028-01-01",
    outages={**TERMS, "repair": {**TERMS["repair"], "within": "6h"}},
)
ASSUMED = {
    "devices": 2,
    "outages_per_device_month": 1,
    "planned_after": {"median": "30m", "p90": "2h"},
    "repaired_after": {"median": "2h", "p90": "8h"},
}


@pytest.fixture
def contract(tmp_path: Path) -> Path:
    return write(tmp_path / "terms.yaml", SIX_HOURS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """April as facts, and May as a statement with its facts, in which nothing happened."""
    made = tmp_path / "facts"
    made.mkdir()
    (made / "b.json").write_text(json.dumps(APRIL))
    quiet = {**a_month(), "period": "2026-05", "as_of": "2026-06-03T09:00:00Z"}
    (made / "a.json").write_text(json.dumps({**compute(quiet), "facts": quiet}))
    return made


def write(file: Path, data: Any) -> Path:
    file.write_text(yaml.safe_dump(data, sort_keys=False))
    return file


def test_issued_months_are_computed_again_under_other_terms(makegood: Makegood, contract: Path) -> None:
    store_facts(APRIL)
    makegood.deployment.now = MOMENT
    issue("acme-dental", "2026-04", MOMENT)
    found = makegood.json("backtest", contract)
    [month] = found["months"]
    assert (month["period"], month["issued_refund_cents"], month["refund_cents"]) == (
        "2026-04",
        16_000,
        12_000,
    )
    own = write(contract.with_name("own.yaml"), CONTRACT)
    assert makegood.json("backtest", own, "--client", "acme-dental")["refund_cents"] == 16_000


def test_without_a_statement_it_is_said_how_terms_are_priced_then(makegood: Makegood, contract: Path) -> None:
    store_facts(APRIL)
    assert makegood.refuses("backtest", contract) == (
        "Error: No statement of acme-dental is issued yet. "
        "Without history, price the terms by --assume FILE.\n"
    )


def test_an_unknown_client_is_refused(makegood: Makegood, contract: Path) -> None:
    assert "nobody" in makegood.refuses("backtest", contract, "--client", "nobody")


def test_months_come_from_files_in_order_and_are_drawn(
    makegood: Makegood, contract: Path, folder: Path
) -> None:
    shown = makegood.says("backtest", contract, "--facts", folder)
    rows = [line.split() for line in shown.splitlines() if line.startswith("2026")]
    assert rows == [
        ["2026-04", "1", "1", "$160.00", "$120.00", "█" * 24],
        ["2026-05", "0", "0", "$0.00", "$0.00"],
    ]
    assert "In all     $120.00 of $2,000.00 (6%)" in shown
    assert "As issued  $160.00" in shown
    assert "cannot tell" not in shown
    assert makegood.json("backtest", contract, "--facts", folder, "--months", "1")["refund_cents"] == 0


def test_a_term_is_tried_with_a_range_of_values(makegood: Makegood, contract: Path, folder: Path) -> None:
    term = "outages.repair.within=4h..7h/1h"
    found = makegood.json("backtest", contract, "--facts", folder, "--what-if", term)["what_if"]
    assert found == {
        "term": "outages.repair.within",
        "values": [
            {"value": "4h", "refund_cents": [16_000, 0]},
            {"value": "5h", "refund_cents": [14_000, 0]},
            {"value": "6h", "refund_cents": [12_000, 0]},
            {"value": "7h", "refund_cents": [0, 0]},
        ],
    }
    shown = makegood.says("backtest", contract, "--facts", folder, "--what-if", term)
    assert [line.split()[:4] for line in shown.splitlines() if line.startswith(("4h", "7h"))] == [
        ["4h", "$80.00", "$160.00", "$160.00"],
        ["7h", "$0.00", "$0.00", "$0.00"],
    ]


def test_what_the_facts_cannot_tell_stands_below_with_its_months(
    makegood: Makegood, contract: Path, folder: Path
) -> None:
    promised = {**SIX_HOURS, "practices": {"backup": {"max_age": "1d", "refund": "5%"}}}
    shown = makegood.says("backtest", write(contract, promised), "--facts", folder)
    assert shown.endswith(
        "\nWhat these facts cannot tell:\n"
        "  backup: no device brings evidence of it, so there is nothing to judge (2026-04, 2026-05)\n"
    )


def test_made_up_months_are_the_same_for_the_same_seed(
    makegood: Makegood, contract: Path, tmp_path: Path
) -> None:
    assumed = write(tmp_path / "assumed.yaml", ASSUMED)
    ask = ("backtest", contract, "--assume", assumed, "--runs", "20")
    first = makegood.json(*ask)
    assert first == makegood.json(*ask)
    assert first["refunds"] != makegood.json(*ask, "--seed", "2")["refunds"]
    assert (first["runs"], len(first["refunds"]), first["fee_cents"]) == (20, 20, 100_000)
    shown = makegood.says(*ask, "--what-if", "refund_cap=0%,100%")
    assert "Made up          20 months, seed 1" in shown
    assert [line.split()[1] for line in shown.splitlines() if line.startswith("0% ")] == ["$0.00"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--client", "acme-dental", "--facts", "."), "--client, --facts and --assume exclude each other"),
        (
            ("--what-if", "sooner"),
            "must name a term and its values, such as outages.notify.within=",
        ),
        (("--months", "0"), "--months"),
        (("--seed", "1"), "--seed does nothing for past months"),
        (("--assume", "a.yaml", "--months", "12"), "--months does nothing for made-up months"),
        (("--facts", "nowhere"), "nowhere"),
    ],
)
def test_wrong_arguments_are_refused(
    makegood: Makegood, contract: Path, arguments: tuple[str, ...], said: str
) -> None:
    assert said in makegood.refuses("backtest", contract, *arguments, exits=2)


@pytest.mark.parametrize(
    ("term", "said"),
    [
        ("outages.notify.wihtin=5m", "outages.notify.wihtin: is not known here (did you mean within?)"),
        ("outages.notify.within=soon", "outages.notify.within: must be a duration"),
        ("effective_from.day=1", "effective_from"),
        ("timezone=UTC,Europe/Berlin", "timezone: must be UTC, as in the months"),
    ],
)
def test_a_value_that_no_contract_can_have_is_refused_by_its_path(
    makegood: Makegood, contract: Path, folder: Path, term: str, said: str
) -> None:
    assert said in makegood.refuses("backtest", contract, "--facts", folder, "--what-if", term, exits=2)


def test_wrong_files_are_refused_by_name_and_place(makegood: Makegood, contract: Path, folder: Path) -> None:
    def refuses(*options: str | Path) -> str:
        return makegood.refuses("backtest", contract, *options, exits=2)

    assumed = write(folder.parent / "assumed.yaml", {**ASSUMED, "devices": 0})
    assert f"{assumed}:1: devices: must be a whole number" in refuses("--assume", assumed)
    (folder / "c.json").write_text(json.dumps(APRIL))
    assert "c.json: 2026-04 is in b.json already" in refuses("--facts", folder)
    (folder / "c.json").write_text("{")
    assert "c.json: is not JSON" in refuses("--facts", folder)
    (folder / "c.json").write_text(json.dumps({**APRIL, "incidents": [{}]}))
    assert "c.json: incidents[0].incident: must be" in refuses("--facts", folder)
    other = {**APRIL, "period": "2026-03", "contract": {**CONTRACT, "client": "harbor-law"}}
    (folder / "c.json").write_text(json.dumps(other))
    assert "c.json: is of harbor-law, a.json of acme-dental" in refuses("--facts", folder)
    (folder / "c.json").unlink()
    write(contract, {**SIX_HOURS, "currency": "EUR"})
    assert "currency: must be USD, as in the months that are computed again, got EUR" in refuses(
        "--facts", folder
    )
    write(contract, {**SIX_HOURS, "monthly_fee": "much"})
    assert f"{contract}:5: monthly_fee: must be an amount" in refuses("--facts", folder)


def test_the_document_shows_what_is_printed(makegood: Makegood) -> None:
    """All of its example with made-up months; it tells the command that prints it."""
    blocks = [block for _, block in blocks_of((ROOT / "docs/backtest.md").read_text())]
    command, shown = next(
        (command.split(), shown) for command, shown in pairwise(blocks) if "--assume" in command
    )
    assert command[0] == "makegood"
    files = [ROOT / word if word.endswith(".yaml") else word for word in command[1:]]
    printed = makegood.says(*files)
    assert [line.rstrip() for line in printed.strip().splitlines()] == shown.strip().splitlines()
