"""The price list: prices.yaml, or one of the operator's own in the same form."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from makegood.rules.instants import parse_date
from makegood_cli.contract_file import parse_yaml
from makegood_cli.reading import read_text

FILE = Path(__file__).with_name("prices.yaml")


class PriceListError(Exception):
    """A price list is wrong; the message names the place."""


@dataclass(frozen=True)
class Price:
    """What a service asks for so many (`per`) of something, and who says so."""

    service: str
    what: str
    price: float
    per: int
    as_of: date
    page: str
    source: str

    def of(self, quantity: float) -> float:
        return quantity / self.per * self.price


@dataclass(frozen=True)
class PriceList:
    region: str
    prices: dict[str, Price]


def read_prices(file: str = str(FILE)) -> PriceList:
    """PriceListError when it is not as prices.yaml is; UnreadableError when it cannot be read."""
    written = parse_yaml(read_text(file))
    if not isinstance(written, dict) or not isinstance(written.get("prices"), dict):
        raise PriceListError("must have `region` and `prices`, as cli/makegood_cli/cost/prices.yaml")
    prices = {str(name): _price(f"prices.{name}", entry) for name, entry in written["prices"].items()}
    return PriceList(str(written.get("region", "")), prices)


def _price(place: str, entry: Any) -> Price:
    names = {field.name for field in fields(Price)}
    if not isinstance(entry, dict) or set(entry) != names:
        raise PriceListError(f"{place}: must have exactly {', '.join(sorted(names))}")
    for name, least in (("price", 0), ("per", 1)):
        value = entry[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value < float("inf"):
            raise PriceListError(f"{place}.{name}: must be a number of {least} or more, got {value!r}")
    try:
        as_of = parse_date(str(entry["as_of"]))
    except ValueError as error:
        raise PriceListError(
            f"{place}.as_of: must be a date such as 2026-08-08, got {entry['as_of']!r}"
        ) from error
    return Price(**{**entry, "as_of": as_of})
