"""`makegood client end`: a client leaves."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from makegood import clock
from makegood.rules.contracts import moment_of_issue
from makegood.rules.instants import format_instant
from makegood.storage.devices import RETIRED, devices_of
from makegood.storage.leaving import Ending, end_contract
from makegood_cli.connection import connect, operator
from makegood_cli.options import Command, current_options
from makegood_cli.output import print_json, say
from makegood_cli.periods import DayType


@click.command(cls=Command)
@click.argument("client")
@click.option(
    "--on",
    "last_day",
    type=DayType(),
    required=True,
    help="The last day of the contract, such as 2026-04-15: today or later.",
)
@click.option("--dry-run", is_flag=True, help="Only say what it would mean.")
def end(client: str, last_day: date, dry_run: bool) -> None:
    """End the contract of CLIENT with a day. What was promised up to then stays promised.

    The month of that day gets the last statement, its fee for the days up to then. Silence after that day
    opens no incident. Until the day has come it can be moved to an earlier one, or taken back by applying the
    contract's file.
    """
    connect()
    ending = end_contract(client, last_day, operator(clock.now()), dry_run=dry_run)
    devices = [row.device for row in devices_of(client) if row.state != RETIRED]
    told = _as_json(ending, last_day, devices)
    if current_options().json:
        print_json(told)
        return
    say(_done(ending, dry_run=dry_run))
    say(
        f"The contract of {ending.contract.name} ({client}) ends with {told['last_day']}; "
        f"nothing is promised from {told['effective_until']} on."
    )
    for begins in ending.withdrawn:
        say(f"The version that would have begun on {begins} is withdrawn.")
    say(f"The last statement is that of {told['last_period']}, issued at {told['issued_at']}.")
    if devices:
        say(f"After that day silence opens no incident. Still enrolled: {', '.join(devices)}.")


def _done(ending: Ending, *, dry_run: bool) -> str:
    if not ending.changed:
        return "Nothing changed."
    return "Nothing was written. It would be:" if dry_run else "Done."


def _as_json(ending: Ending, last_day: date, devices: list[str]) -> dict[str, Any]:
    contract, period = ending.contract, last_day.strftime("%Y-%m")
    return {
        "client": contract.client,
        "last_day": last_day.isoformat(),
        "effective_until": str(contract.effective_until),
        "last_period": period,
        "issued_at": format_instant(moment_of_issue(contract, period)),
        "withdrawn": [begins.isoformat() for begins in ending.withdrawn],
        "devices": devices,
        "changed": ending.changed,
    }
