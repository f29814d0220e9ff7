"""`makegood contract check` and `schema`: is this contract right, and what does it promise?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import click

from makegood.rules.contracts import Contract, ContractError, parse_contract
from makegood.rules.noticing import longest_grace, unkeepable
from makegood.rules.shapes import Problem
from makegood.storage.clients import problems_of_client
from makegood_cli.contract_file import ContractFile, read_contract_file
from makegood_cli.contract_schema import contract_schema
from makegood_cli.durations import Duration
from makegood_cli.holiday_dates import with_dates
from makegood_cli.options import Command, current_options
from makegood_cli.output import duration, print_json, say
from makegood_cli.promises import promises, warnings
from makegood_cli.reading import STDIN, UnreadableError, read_text

REFUSED = 1
DETECTION_SECONDS = 240
"""The parameter DetectionSeconds of a deployment, where it was not changed."""

Found = list[tuple[int | None, Problem]]


@click.command(cls=Command)
@click.argument("file", metavar="FILE")
@click.option("--grace", type=Duration(), help="The longest silence allowed to a device, such as 180s.")
@click.option(
    "--detection",
    type=Duration(),
    default=f"{DETECTION_SECONDS}s",
    show_default=True,
    help="The deployment's DetectionSeconds.",
)
@click.pass_context
def check(context: click.Context, file: str, grace: int | None, detection: int) -> None:
    """Check the contract in FILE (YAML; `-` is the standard input) and say in plain words what it promises.

    Everything that is wrong is named by line and path, and so are terms that cannot be kept. Needs no AWS;
    `makegood client apply --dry-run` also checks it against the client's devices and earlier versions.
    """
    name = "standard input" if file == STDIN else file
    contract, found = _read(file, grace or 0, detection)
    if current_options().json:
        print_json(_as_json(contract, found, detection))
    elif contract is None:
        say(f"{name} is refused:" if len(found) > 1 else f"{name} is refused.")
        for line, problem in found:
            say(f"{name}:{line}: {problem}" if line else f"{name}: {problem}")
    else:
        _say_promises(contract, detection)
    context.exit(0 if contract else REFUSED)


@click.command(cls=Command)
def schema() -> None:
    """Print the JSON Schema of contract files, by which editors complete and check them.

    The schema knows the fields and how values are written; `makegood contract check` knows the rest.
    """
    click.echo(json.dumps(contract_schema(), indent=2))


def lines_of(file: ContractFile, problems: Sequence[Problem]) -> list[str]:
    """The problems for people: `line 12: outages.notify.within: must be ...`."""
    return [f"line {line}: {problem}" for line, problem in file.by_line(problems)]


def _read(file: str, grace: int, detection: int) -> tuple[Contract | None, Found]:
    """The contract, or everything that is wrong with it."""
    try:
        read = read_contract_file(read_text(file))
    except UnreadableError as error:
        return None, [(error.line, Problem("", str(error).removeprefix(f"line {error.line}, ")))]
    try:
        contract = parse_contract(with_dates(read.written))
        problems = [*problems_of_client(contract), *unkeepable(contract, grace, detection)]
    except ContractError as error:
        return None, [*read.by_line(error.problems)]
    return (None, [*read.by_line(problems)]) if problems else (contract, [])


def _say_promises(contract: Contract, detection: int) -> None:
    say("\n".join([*promises(contract), *_keeping(contract, detection)]))
    for warning in warnings(contract):
        say(f"Warning: {warning}")


def _keeping(contract: Contract, detection: int) -> Iterator[str]:
    """What the limits leave for the silence of a device."""
    longest = longest_grace(contract, detection)
    if longest is not None:
        yield (
            f"So that this can be kept, no device may be silent for longer than {duration(longest)} "
            f"(its grace), with {duration(detection)} to detect it."
        )


def _as_json(contract: Contract | None, found: Found, detection: int) -> dict[str, Any]:
    return {
        "ok": contract is not None,
        "problems": [
            {"line": line, "path": problem.path, "message": problem.message} for line, problem in found
        ],
        "warnings": list(warnings(contract)) if contract else [],
        "promises": promises(contract) if contract else [],
        "longest_grace_seconds": longest_grace(contract, detection) if contract else None,
    }
