"""`makegood statement compute`: statements from files of facts, without AWS, credentials or network."""

from __future__ import annotations

import json
from typing import Any

import click

from makegood.rules.facts import FactsError
from makegood.rules.statements import compute as compute_statement
from makegood_cli.options import Command
from makegood_cli.output import warn
from makegood_cli.reading import STDIN, UnreadableError, parse_json, read_text

REFUSED = 2


@click.command(cls=Command)
@click.argument("files", metavar="FACTS.json...", nargs=-1, required=True)
@click.pass_context
def compute(context: click.Context, files: tuple[str, ...]) -> None:
    """Print the statement of each file of facts, one a line (JSON Lines), in the order given.

    `-` reads the standard input. What is wrong is named on the standard error by file and path; the good
    files are still computed, and the exit status is 2. Needs no AWS and no network.
    """
    results = [_print_statement(file) for file in files]
    context.exit(0 if all(results) else REFUSED)


def _facts(document: Any) -> Any:
    if isinstance(document, dict) and isinstance(document.get("facts"), dict) and "contract" not in document:
        raise UnreadableError(
            "is a statement and has its facts inside, under `facts`: `makegood statement verify` computes it "
            "again and compares every line"
        )
    return document


def _print_statement(file: str) -> bool:
    name = "standard input" if file == STDIN else file
    try:
        statement = compute_statement(_facts(parse_json(read_text(file))))
    except UnreadableError as error:
        warn(f"{name}: {error}")
        return False
    except FactsError as error:
        for problem in error.problems:
            warn(f"{name}: {problem}")
        return False
    click.echo(json.dumps(statement, separators=(",", ":")))
    return True
