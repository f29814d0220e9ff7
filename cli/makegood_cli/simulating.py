"""`makegood simulate`: a tape of events against the real functions, without an AWS account."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from makegood.mail.formats import formats_for_operators
from makegood.rules.contracts import ContractError, parse_contract
from makegood.rules.shapes import Problem
from makegood.rules.values import must_be
from makegood_cli.contract_check import lines_of
from makegood_cli.contract_file import read_contract_file
from makegood_cli.holiday_dates import with_dates
from makegood_cli.options import Command, current_options
from makegood_cli.output import print_json, say, warn
from makegood_cli.reading import UnreadableError, read_text
from makegood_cli.tables import print_fields, print_table
from makegood_simulator import cloud, folder
from makegood_simulator.platform import written
from makegood_simulator.play import ContractRefusedError, Play, play
from makegood_simulator.summary import summarize, told
from makegood_simulator.tape import Contract, Line
from makegood_simulator.tape_file import TapeError, parse_tape

BROKEN, REFUSED = 1, 2


@click.command(cls=Command)
@click.argument("tape_file", metavar="TAPE.jsonl")
@click.option(
    "--contract", "contract_file", metavar="FILE", required=True, help="The client's contract (YAML)."
)
@click.option(
    "--out",
    metavar="DIR",
    required=True,
    type=click.Path(path_type=Path),
    help="The folder for what comes of it.",
)
@click.option(
    "--faults", metavar="SEED", type=int, help="Break things on purpose, the same for the same SEED."
)
@click.option(
    "--every-beat", is_flag=True, help="Play every single beat, also where nothing can happen; takes long."
)
@click.pass_context
def simulate(
    context: click.Context,
    tape_file: str,
    contract_file: str,
    out: Path,
    *,
    faults: int | None,
    every_beat: bool,
) -> None:
    """Play the events of TAPE.jsonl against the real functions, and check every promise of Makegood.

    Months take seconds, by a virtual clock. DIR gets the statements, all mails (.eml) and a log of what
    happened. docs/simulator.md tells what a tape can say. Needs no AWS account and no network.

    Exit status: 0 every promise held, 1 one was broken, 2 wrong arguments or files, or an act on the tape was
    in vain though nothing was broken on purpose.
    """
    contract = _read_contract(contract_file)
    lines = _read_tape(tape_file, contract)
    if contract is None or lines is None:
        context.exit(REFUSED)
    try:
        folder.prepare(out)
    except folder.OccupiedError as error:
        raise click.BadParameter(str(error), param_hint="--out") from error
    cloud.use_environment()
    try:
        with cloud.silence():
            result = play(contract, lines, seed=faults, quick=not every_beat, progress=_show_progress)
    except ContractRefusedError as error:
        raise click.BadParameter(str(error), param_hint="--contract") from error
    folder.fill(out, result)
    if current_options().json:
        print_json(summarize(result))
    else:
        _print(result, out)
    context.exit(_judge(result, is_faulty=faults is not None))


def _read_contract(file: str) -> dict[str, Any] | None:
    """The contract as `makegood client apply` reads it; None when it is wrong, which is said."""
    try:
        read = read_contract_file(read_text(file))
    except UnreadableError as error:
        warn(f"{file}: {error}")
        return None
    try:
        terms: dict[str, Any] = with_dates(read.written)
        parse_contract(terms)
    except ContractError as error:
        for line in lines_of(read, error.problems):
            warn(f"{file}: {line}")
        return None
    return terms


def _read_tape(file: str, contract: dict[str, Any] | None) -> list[Line] | None:
    try:
        lines = parse_tape(read_text(file))
    except UnreadableError as error:
        warn(f"{file}: {error}")
    except TapeError as error:
        _warn_all(file, error.problems)
    else:
        problems = [] if contract is None else _of_others(lines, contract["client"])
        _warn_all(file, problems)
        return None if problems else lines
    return None


def _of_others(lines: Sequence[Line], client: str) -> list[Problem]:
    """A tape tells of one client."""
    wanted = f"{client}, as in the contract file"
    return [
        Problem(f"line {line.number}: terms.client", must_be(wanted, line.terms["client"]))
        for line in lines
        if isinstance(line, Contract) and line.terms["client"] != client
    ]


def _warn_all(file: str, problems: Sequence[Problem]) -> None:
    for problem in problems:
        warn(f"{file}: {problem}")


def _show_progress(at: int, share: float) -> None:
    """One line on the terminal that is written over; none in a pipe or file."""
    if sys.stderr.isatty():
        text = f"{written(at)[:10]}  {share:4.0%}" if share < 1 else ""
        click.echo(f"\r\x1b[K{text}", err=True, nl=False)


def _print(result: Play, out: Path) -> None:
    summary = summarize(result)
    columns = ("statement", "stages", "practices", "refund", "due")
    if summary["statements"]:
        print_table(columns, map(_row, summary["statements"]))
    else:
        say("No statement was issued: the tape ends before the first moment of issue.\n")
    faults = tuple(f"{number} × {fate}" for fate, number in summary["faults"].items())
    print_fields(
        {
            "Incidents": str(summary["incidents"]),
            "Mails": str(summary["mails"]),
            "Calls to AWS": f"{summary['calls_to_aws']:,}",
            "Of them not well": faults,
            "Took": f"{summary['seconds']} s",
            "All of it": out,
        }
    )


def _row(statement: dict[str, Any]) -> tuple[str, ...]:
    money = formats_for_operators(statement["currency"]).money
    stages = statement["stages"] | ({"still late": late} if (late := statement["still_late"]) else {})
    verdicts = (_counted(stages), _counted(statement["practices"]))
    return (statement["period"], *verdicts, money(statement["refund_cents"]), money(statement["due_cents"]))


def _counted(verdicts: dict[str, int]) -> str:
    return (
        ", ".join(f"{number} {verdict.replace('_', ' ')}" for verdict, number in verdicts.items()) or "none"
    )


def _judge(result: Play, *, is_faulty: bool) -> int:
    """Says what did not go as it should, and returns the exit status."""
    for act in result.in_vain:
        warn(f"in vain, as things went wrong: {told(act)}" if is_faulty else told(act))
    for sentence in result.broken:
        warn(f"broken: {sentence}")
    if result.broken:
        return BROKEN
    if result.in_vain and not is_faulty:
        return REFUSED
    if not current_options().json:
        say("\nEvery promise held.")
    return 0
