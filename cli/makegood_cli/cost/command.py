"""`makegood cost`: what AWS would ask for a fleet, from a dated price list and measured requests."""

from __future__ import annotations

import math
from typing import Any

import click

from makegood_cli.cost.measured import measured
from makegood_cli.cost.model import Fleet, Line, by_service, month
from makegood_cli.cost.prices import FILE, PriceList, PriceListError, read_prices
from makegood_cli.durations import Duration
from makegood_cli.options import Command, current_options
from makegood_cli.output import print_json, say
from makegood_cli.reading import UnreadableError
from makegood_cli.tables import print_table

LONGEST_INTERVAL = 86_400
AT_LEAST_ONE = click.IntRange(min=1)


@click.command(cls=Command)
@click.option("--devices", type=AT_LEAST_ONE, required=True, help="How many devices are watched.")
@click.option(
    "--clients", type=AT_LEAST_ONE, default=1, show_default=True, help="How many clients have them."
)
@click.option(
    "--interval",
    type=Duration(),
    default="60s",
    show_default=True,
    help="How often a device beats; an agent that vouches for others counts as one.",
)
@click.option(
    "--incidents",
    type=click.FloatRange(min=0, max=1_000),
    default=0.1,
    show_default=True,
    help="Outages of a device in a month.",
)
@click.option(
    "--contacts",
    type=AT_LEAST_ONE,
    default=2,
    show_default=True,
    help="Contacts of a client who hear of outages; two technicians hear too.",
)
@click.option(
    "--practices",
    type=click.IntRange(min=0, max=6),
    default=3,
    show_default=True,
    help="Practices that a device reports on each day.",
)
@click.option(
    "--prices",
    "price_file",
    metavar="FILE",
    default=str(FILE),
    help="A price list of your own, such as another region's, written as cost/prices.yaml is.",
)
@click.option("--lines", "all_lines", is_flag=True, help="Every line of the bill, not only each service.")
def cost(price_file: str, *, all_lines: bool, **fleet: Any) -> None:
    """Print what AWS asks for a fleet in a month, by service, from published prices and measured requests.

    Free tiers, discounts and taxes are left out. docs/cost.md says what else is, and what is assumed.
    """
    if fleet["interval"] > LONGEST_INTERVAL:
        raise click.BadParameter("must be a day at most, such as 60s", param_hint="--interval")
    if math.isnan(fleet["incidents"]):
        raise click.BadParameter("must be a number", param_hint="--incidents")
    if fleet["clients"] > fleet["devices"]:
        raise click.BadParameter("are more than devices: each has at least one", param_hint="--clients")
    given = Fleet(**fleet)
    prices = _prices(price_file)
    try:
        lines = month(given, measured(), prices)
    except PriceListError as error:
        raise click.BadParameter(f"{price_file}: {error}", param_hint="--prices") from error
    if current_options().json:
        print_json(as_json(given, lines, prices))
        return
    columns = ("service", "a device and month", "a month")
    if all_lines:
        print_table(("service", "what", "how many", "a month"), map(_line, lines))
    total = sum(line.dollars for line in lines)
    services = [*by_service(lines).items(), ("together", total)]
    rows = [(name, f"${dollars / given.devices:.4f}", f"${dollars:,.2f}") for name, dollars in services]
    print_table(columns, rows)
    dates = [price.as_of for price in prices.prices.values()]
    say(
        f"List prices of {prices.region} read between {min(dates)} and {max(dates)}, without free tiers; "
        f"requests as measured on {measured().measured_on}."
    )


def as_json(fleet: Fleet, lines: list[Line], prices: PriceList) -> dict[str, Any]:
    total = sum(line.dollars for line in lines)
    return {
        "fleet": vars(fleet),
        "region": prices.region,
        "measured_on": measured().measured_on,
        "dollars_a_month": round(total, 6),
        "dollars_a_device_and_month": round(total / fleet.devices, 9),
        "services": {name: round(dollars, 6) for name, dollars in by_service(lines).items()},
        "lines": [
            {
                "name": line.name,
                "service": line.service,
                "what": line.what,
                "quantity": round(line.quantity, 6),
                "price": prices.prices[line.name].price,
                "per": prices.prices[line.name].per,
                "as_of": str(prices.prices[line.name].as_of),
                "source": prices.prices[line.name].source,
                "dollars": round(line.dollars, 6),
            }
            for line in lines
        ],
    }


def _line(line: Line) -> tuple[str, str, str, str]:
    return (line.service, line.what, f"{line.quantity:,.2f}", f"${line.dollars:,.4f}")


def _prices(file: str) -> PriceList:
    try:
        prices = read_prices(file)
    except (UnreadableError, PriceListError) as error:
        raise click.BadParameter(f"{file}: {error}", param_hint="--prices") from error
    region = current_options().region
    if region and region != prices.region:
        raise click.BadParameter(
            f"the price list is of {prices.region}: give one of {region} with --prices", param_hint="--region"
        )
    return prices
