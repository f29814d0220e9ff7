"""The money of every worked month, by the words of the specification alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from makegood_simulator.reading_refunds import in_digits, sums_in_words, wrong_refunds

VECTORS = sorted((Path(__file__).parents[1] / "vectors").rglob("*.json"))
LATE = Path(__file__).parents[1] / "vectors" / "02-plan-late-repair-three-hours-late.json"


def a_worked_month(file: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Its statement, and its facts as they are gathered: with the terms of each incident."""
    month = json.loads(file.read_text())
    facts = month["facts"]
    empty: dict[str, Any] = {"outages": facts["contract"].get("outages"), "pauses": [], "excuses": []}
    facts["incidents"] = [{**empty, **incident} for incident in facts["incidents"]]
    return month["statement"], facts


@pytest.mark.parametrize("file", VECTORS, ids=lambda file: file.stem)
def test_the_reading_agrees_with_every_worked_month(file: Path) -> None:
    assert list(wrong_refunds(*a_worked_month(file))) == []


@pytest.mark.parametrize("name", ["fee_cents", "cap_cents", "earned_cents", "refund_cents", "due_cents"])
def test_a_cent_more_is_told(name: str) -> None:
    statement, facts = a_worked_month(LATE)
    right = statement[name]
    statement[name] += 1
    assert list(wrong_refunds(statement, facts)) == [
        f"the statement says {name} {right + 1}, what happened makes it {right}"
    ]


def test_a_line_that_is_left_out_is_told() -> None:
    statement, facts = a_worked_month(LATE)
    statement["refunds"] = statement["refunds"][:-1]
    [sentence] = wrong_refunds(statement, facts)
    assert sentence.startswith("the statement says refunds ")


@pytest.mark.parametrize(
    ("currency", "earned", "due", "words"),
    [
        ("USD", 36200, 143800, ["36200 refunded", "143800 due"]),
        ("USD", 0, 5, ["nothing to refund", "005 due"]),
        ("JPY", 3000, -1200, ["3000 refunded", "1200 credit"]),
        ("KWD", 1, 0, ["0001 refunded", "0000 due"]),
    ],
)
def test_sums_are_worded_as_a_mail_says_them(currency: str, earned: int, due: int, words: list[str]) -> None:
    sums: dict[str, Any] = {
        "earned_cents": earned,
        "refund_cents": earned,
        "due_cents": due,
        "currency": currency,
    }
    assert sums_in_words(sums) == words


def test_amounts_are_read_by_their_digits_in_every_locale() -> None:
    for amount in ("$1,438.00", "1.438,00 US$", "US$\u00a01’438.00", "1\u00a0438,00 €"):
        assert in_digits(f"Acme, March 2026: healthy, {amount} due") == "cme arch 2026 healthy 143800 due"
