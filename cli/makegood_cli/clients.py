"""`makegood client`: contracts in, promises out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from makegood import clock
from makegood.mail.formats import formats_for_operators
from makegood.rules.contracts import Contract, ContractError, parse_contract
from makegood.rules.instants import Instant, local_date
from makegood.rules.versions import Change
from makegood.storage.clients import apply_and_compare
from makegood.storage.contracts import all_clients, version_in_force, version_nearest, versions_of
from makegood.storage.devices import RETIRED, devices_of
from makegood.storage.records import ClientEntry
from makegood_cli.connection import connect, operator
from makegood_cli.contract_changes import Difference, as_lines, differences
from makegood_cli.contract_check import lines_of
from makegood_cli.contract_file import read_contract_file
from makegood_cli.holiday_dates import with_dates
from makegood_cli.options import Command, current_options
from makegood_cli.output import print_json, say, warn
from makegood_cli.promises import promises, warnings
from makegood_cli.reading import UnreadableError, read_text
from makegood_cli.tables import print_table

DONE = {
    Change.CREATED: "New client.",
    Change.ADDED: "New version of the contract.",
    Change.REPLACED: "Replaced the version, which had not begun.",
    Change.UPDATED: "Updated the version; no promise changed.",
    Change.UNCHANGED: "Nothing changed.",
}


@click.command(cls=Command)
@click.argument("file", metavar="FILE")
@click.option("--backdate", is_flag=True, help="Let it begin in the past, for a contract that is taken over.")
@click.option("--dry-run", is_flag=True, help="Only say what it would change, and from when.")
def apply(file: str, backdate: bool, dry_run: bool) -> None:
    """Check the contract in FILE (YAML; `-` is the standard input) and put it into force.

    A later version begins on the first of a coming month; what it changes is shown field by field. The same
    file again changes nothing. What has begun keeps its terms.
    """
    try:
        read = read_contract_file(read_text(file))
    except UnreadableError as error:
        raise click.ClickException(f"{file}: {error}") from error
    try:
        written = read.written
        client = parse_contract(with_dates(written)).client
        settings = connect()
        settled = with_dates(written, versions_of(client))
        contract = parse_contract(settled)
        applied = apply_and_compare(
            settled,
            operator(clock.now()),
            settings.detection_seconds,
            backdated=backdate,
            dry_run=dry_run,
        )
    except ContractError as error:
        problems = lines_of(read, error.problems)
        raise click.ClickException("\n".join([f"{file} is refused:", *problems])) from error
    found = differences(applied.before.written, settled) if applied.before else []
    warned = [*warnings(contract), *_without_device(contract)]
    if current_options().json:
        print_json(_as_json(contract, applied.change, found, warned))
        return
    say(("Nothing was written. It would be: " if dry_run else "") + DONE[applied.change])
    say("\n".join([*_changes(contract, found), *promises(contract)]))
    for warning in warned:
        warn(f"Warning: {warning}")


def _without_device(contract: Contract) -> Iterator[str]:
    """What is promised, while no device shows it."""
    running = (device for device in devices_of(contract.client) if device.state != RETIRED)
    shown = {practice for device in running for practice in device.practices or ()}
    missing = [terms.practice for terms in contract.practices if terms.practice not in shown]
    if missing:
        yield (
            f"No device is enrolled for {', '.join(missing)}, so no evidence comes and nothing is counted. "
            f"Enroll each device that is to show it, as by --practice {missing[0]}."
        )


def _as_json(
    contract: Contract, change: Change, found: list[Difference], warned: list[str]
) -> dict[str, Any]:
    return {
        "client": contract.client,
        "effective_from": contract.effective_from.isoformat(),
        "change": change.value,
        "warnings": warned,
        "differences": [{"field": each.path, "before": each.before, "after": each.after} for each in found],
    }


def _changes(contract: Contract, found: list[Difference]) -> Iterator[str]:
    """What changes and from when; what an incident owes that has begun before does not."""
    if not found:
        return
    at_once = contract.effective_from <= local_date(clock.now(), contract.zone)
    yield "What changes at once:" if at_once else f"What changes from {contract.effective_from} on:"
    yield from as_lines([each for each in found if each.path != "effective_from"])
    if not at_once:
        yield "Incidents that begin before then keep the terms they began with."
    yield ""


@click.command("list", cls=Command)
def list_clients() -> None:
    """List the clients and the contract in force."""
    connect()
    now = clock.now()
    rows = [_row(entry, now) for entry in all_clients()]
    if current_options().json:
        print_json(rows)
        return
    columns = ("client", "name", "contract", "from", "until", "monthly fee", "time zone", "next statement")
    print_table(columns, [tuple(row.values()) for row in rows])


def _row(entry: ClientEntry, now: Instant) -> dict[str, str | None]:
    versions = versions_of(entry.client)
    contract = version_nearest(versions, now).contract
    in_force = version_in_force(versions, now) is not None
    begun = contract.effective_from.isoformat()
    until = contract.effective_until
    return {
        "client": contract.client,
        "name": contract.name,
        "contract": "in force" if in_force else "not in force",
        "effective_from": begun,
        "effective_until": until.isoformat() if until else None,
        "monthly_fee": formats_for_operators(contract.currency).money(contract.monthly_fee),
        "timezone": contract.timezone,
        "next_period": entry.next_period,
    }
