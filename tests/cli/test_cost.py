"""`makegood cost`: the arithmetic by hand, a price list of one's own, and mistakes that are named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli.conftest import Makegood

from makegood_cli.cost.prices import FILE, read_prices

HOURS = 730


def billed(makegood: Makegood, *options: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(makegood.says("cost", *options, "--json"))
    return answer


def quantity(bill: dict[str, Any], name: str) -> float:
    (found,) = (line["quantity"] for line in bill["lines"] if line["name"] == name)
    return float(found)


def test_a_thousand_devices_and_the_canary_beat_every_minute(makegood: Makegood) -> None:
    bill = billed(makegood, "--devices", "1000", "--incidents", "0", "--practices", "0")
    beats = 1_001 * 60 * HOURS
    assert quantity(bill, "api_requests") == beats
    rounds = 12 * HOURS / 24  # what close and practices write of a client in a day
    assert quantity(bill, "write_units") == beats + rounds + 10 + 3  # a statement's, and its mail's report
    assert bill["services"]["API Gateway"] == pytest.approx(beats / 1e6 + beats * 600 / 1e9 * 0.09)


def test_beats_every_five_minutes_are_a_fifth(makegood: Makegood) -> None:
    often = billed(makegood, "--devices", "100", "--incidents", "0")
    seldom = billed(makegood, "--devices", "100", "--incidents", "0", "--interval", "5m")
    canary = 60 * HOURS
    assert quantity(seldom, "api_requests") - canary == (quantity(often, "api_requests") - canary) / 5


def test_each_outage_mails_contacts_and_technicians(makegood: Makegood) -> None:
    few, more = (
        quantity(billed(makegood, "--devices", "10", "--incidents", "1", "--contacts", contacts), "mails")
        for contacts in ("1", "3")
    )
    assert (few, more) == (10 * 10 + 1, 10 * (10 + 2 * 4) + 1)  # and one statement


def test_the_sweep_beats_once_for_each_outage_and_at_most_once_a_minute(makegood: Makegood) -> None:
    """Beside the six looks at the desk that an outage takes."""
    none, few, many = (
        quantity(billed(makegood, "--devices", "1000", "--incidents", incidents), "api_requests")
        for incidents in ("0", "0.5", "100")
    )
    assert few - none == pytest.approx(500 * (1 + 6))
    assert many - none == pytest.approx(60 * HOURS + 100_000 * 6)


def test_a_larger_fleet_costs_less_for_each_device(makegood: Makegood) -> None:
    ten, thousand = (billed(makegood, "--devices", many) for many in ("10", "1000"))
    assert ten["dollars_a_device_and_month"] > 3 * thousand["dollars_a_device_and_month"]
    assert sum(thousand["services"].values()) == pytest.approx(thousand["dollars_a_month"], abs=0.0001)


def test_people_see_each_service_and_the_whole(makegood: Makegood) -> None:
    said = makegood.says("cost", "--devices", "100", "--clients", "5")
    assert "DynamoDB" in said
    assert "together" in said
    assert "us-west-2" in said
    assert "write request units" in makegood.says("cost", "--devices", "100", "--lines")


def test_every_price_is_dated_sourced_and_used(makegood: Makegood) -> None:
    prices = read_prices().prices
    assert {line["name"] for line in billed(makegood, "--devices", "1")["lines"]} == set(prices)
    assert {url.split("/")[0] for price in prices.values() for url in (price.page, price.source)} == {
        "https:"
    }


def test_a_price_list_of_ones_own_is_used(makegood: Makegood, tmp_path: Path) -> None:
    own = tmp_path / "prices.yaml"
    published = FILE.read_text()
    own.write_text(published.replace("us-west-2", "eu-west-1").replace("price: 1.00", "price: 2.00"))
    dear = billed(makegood, "--devices", "100", "--prices", str(own), "--region", "eu-west-1")
    assert dear["region"] == "eu-west-1"
    assert dear["dollars_a_month"] > billed(makegood, "--devices", "100")["dollars_a_month"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("price: 1.00", "price: -1", "prices.api_requests.price: must be a number of 0 or more, got -1"),
        ("price: 1.00", "price: .nan", "prices.api_requests.price: must be a number"),
        ("per: 1_000_000", "per: 0", "prices.api_requests.per: must be a number of 1 or more, got 0"),
        ("as_of: 2026-08-08", "as_of: lately", "prices.api_requests.as_of: must be a date"),
        ("    service: API Gateway\n", "", "prices.api_requests: must have exactly"),
        ("  mails:", "  letters:", "these are missing: mails"),
        ("prices:", "prices: [", "line 7, column 12: expected"),
        ("as_of: 2026-08-08", "as_of: 2026-02-30", "prices.api_requests.as_of: must be a date"),
        ("prices:\n", "costs:\n", "must have `region` and `prices`"),
    ],
)
def test_a_wrong_price_list_is_told_with_its_place(
    makegood: Makegood, tmp_path: Path, old: str, new: str, said: str
) -> None:
    wrong = tmp_path / "prices.yaml"
    wrong.write_text(FILE.read_text().replace(old, new, 1))
    assert said in makegood.refuses("cost", "--devices", "10", "--prices", str(wrong), exits=2)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--devices", "0"), "--devices"),
        (("--devices", "5", "--clients", "6"), "more than devices"),
        (("--devices", "5", "--interval", "2d"), "a day at most"),
        (("--devices", "5", "--interval", "0s"), "--interval"),
        (("--devices", "5", "--region", "eu-west-1"), "give one of eu-west-1 with --prices"),
        (("--devices", "5", "--prices", "/nowhere"), "cannot be read"),
        (("--devices", "10", "--incidents", "nan"), "must be a number"),
    ],
)
def test_what_cannot_be_is_refused(makegood: Makegood, options: tuple[str, ...], said: str) -> None:
    assert said in makegood.refuses("cost", *options, exits=2)
