"""`makegood statement csv`: the lines of a statement for the books."""

from __future__ import annotations

import click

from makegood.mail.statement_lines import statement_lines
from makegood.rules.proof import first_difference
from makegood_cli.options import Command
from makegood_cli.reading import UnreadableError
from makegood_cli.statement_file import read_statement


@click.command(cls=Command, name="csv")
@click.argument("file", metavar="STATEMENT.json")
def print_csv(file: str) -> None:
    """Print a statement's lines as CSV, from the JSON file that came with its mail (`-`: standard input).

    The fee, each refund (negative), each adjustment: the amounts add up to what is due. A file whose lines
    are not what its facts come to is refused; who signed it, tells `makegood statement verify`. Needs no AWS
    and no network.
    """
    try:
        document = read_statement(file)
        difference = first_difference(document)
    except UnreadableError as error:
        raise click.ClickException(f"{file}: {error}") from error
    if difference is not None:
        raise click.ClickException(f"{file}: {difference}")
    click.echo(statement_lines(document), nl=False)
