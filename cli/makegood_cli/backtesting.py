"""`makegood backtest`: what a contract's terms would have cost, or may cost."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

import click
from click.core import ParameterSource

from makegood.rules.contracts import ContractError, parse_contract
from makegood.rules.facts import FactsError, parse_facts
from makegood.storage.changes import RefusedError
from makegood_cli.backtest.assumed import Assumed, AssumptionsError, parse_assumptions
from makegood_cli.backtest.months import Month, compute_again, refunds_under
from makegood_cli.backtest.prices import price
from makegood_cli.backtest.ranges import EXAMPLE, WhatIf, parse_what_if
from makegood_cli.backtest.terms import refusals
from makegood_cli.backtest_pages import print_curve, print_months, print_price
from makegood_cli.contract_file import ContractFile, read_contract_file
from makegood_cli.holiday_dates import with_dates
from makegood_cli.options import Command, current_options
from makegood_cli.output import print_json, warn
from makegood_cli.reading import UnreadableError, parse_json, read_text

REFUSED = 2
MOST_MONTHS, MOST_RUNS = 120, 100_000

Json = dict[str, Any]
Curve = list[tuple[str | int, Sequence[int]]]
"""What each month refunds, by the value that a term was tried with."""


class Range(click.ParamType[WhatIf]):
    """A term and its values."""

    name = "range"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> WhatIf:
        try:
            return parse_what_if(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command(cls=Command)
@click.argument("contract_file", metavar="CONTRACT")
@click.option("--client", help="Whose past months; left out: the contract's own client.")
@click.option(
    "--months",
    type=click.IntRange(1, MOST_MONTHS),
    default=12,
    show_default=True,
    help="How many issued months, the newest.",
)
@click.option(
    "--facts",
    "folder",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Take the months from facts or statements (*.json) in a folder; needs no AWS.",
)
@click.option(
    "--assume",
    "assumptions",
    metavar="FILE",
    help="Price made-up months instead, from assumed outages and repairs (YAML); needs no AWS.",
)
@click.option(
    "--runs", type=click.IntRange(1, MOST_RUNS), default=1000, show_default=True, help="Made-up months."
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same months.")
@click.option(
    "--what-if",
    "what_if",
    type=Range(),
    metavar="TERM=VALUES",
    help=f"Try a term with each of these values, such as {EXAMPLE} or refund_cap=20%,50%,100%.",
)
@click.pass_context
def backtest(
    context: click.Context,
    contract_file: str,
    client: str | None,
    months: int,
    *,
    folder: Path | None,
    assumptions: str | None,
    runs: int,
    seed: int,
    what_if: WhatIf | None,
) -> None:
    """Compute past months again under the terms of CONTRACT (YAML), and show what they would have refunded.

    The months are those that statements were issued for, as their facts were frozen then. What these facts
    cannot tell about other terms is said below the table. docs/backtest.md tells how to read it.
    """
    if sum(option is not None for option in (client, folder, assumptions)) > 1:
        raise click.UsageError("--client, --facts and --assume exclude each other")
    _refuse_idle(context, ("months",) if assumptions else ("runs", "seed"), made_up=bool(assumptions))
    read = _read_yaml(context, contract_file)
    if assumptions is not None:
        assumed = _read_assumptions(context, assumptions)
        terms = _terms_of(context, contract_file, read, None)
        _price(terms, assumed, what_if, seed=seed, runs=runs)
        return
    _terms_of(context, contract_file, read, None)
    whose = client or read.written["client"]
    history = _facts_of(context, folder) if folder else _facts_of_client(whose, months)
    terms = _terms_of(context, contract_file, read, history)
    _backtest(context, history[-months:], terms, what_if)


def _refuse_idle(context: click.Context, names: tuple[str, ...], *, made_up: bool) -> None:
    """An option that would change nothing is more likely a mistake."""
    for name in names:
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            made = "made-up months" if made_up else "past months"
            raise click.UsageError(f"--{name} does nothing for {made}")


def _backtest(context: click.Context, history: Sequence[Json], terms: Json, what_if: WhatIf | None) -> None:
    variants = _variants(terms, what_if)
    tried = [terms, *(changed for _, changed in variants)]
    wrong = {reason for facts in history for each in tried for reason in refusals(facts, each)}
    if wrong:
        _refuse(context, *sorted(wrong))
    again = compute_again(history, terms)
    curve: Curve = [(value, refunds_under(history, changed)) for value, changed in variants]
    if current_options().json:
        print_json({**_as_json(again, terms), **_curve_as_json(what_if, curve)})
        return
    print_months(again, terms["currency"])
    if what_if:
        print_curve(what_if, curve, terms["currency"])


def _price(terms: Json, assumed: Assumed, what_if: WhatIf | None, *, seed: int, runs: int) -> None:
    found = price(terms, assumed, seed=seed, runs=runs, progress=_show_progress(runs))
    curve: Curve = [
        (value, price(changed, assumed, seed=seed, runs=runs).refunds)
        for value, changed in _variants(terms, what_if)
    ]
    if current_options().json:
        print_json(
            {"seed": seed, "currency": terms["currency"], **asdict(found), **_curve_as_json(what_if, curve)}
        )
        return
    print_price(found, terms["currency"], seed)
    if what_if:
        print_curve(what_if, curve, terms["currency"])


def _variants(terms: Json, what_if: WhatIf | None) -> list[tuple[str | int, Json]]:
    """The terms with each value tried; a value that no contract can have is refused by its path."""
    found = []
    for value in what_if.values if what_if else ():
        assert what_if is not None
        changed = what_if.terms(terms, value)
        try:
            parse_contract(changed)
        except ContractError as error:
            raise click.BadParameter(str(error), param_hint=f"--what-if {what_if.path}={value}") from error
        found.append((value, changed))
    return found


def _as_json(months: Sequence[Month], terms: Mapping[str, Any]) -> Json:
    return {
        "currency": terms["currency"],
        "months": [asdict(month) for month in months],
        "refund_cents": sum(month.refund_cents for month in months),
        "issued_refund_cents": sum(month.issued_refund_cents for month in months),
    }


def _curve_as_json(what_if: WhatIf | None, curve: Curve) -> Json:
    if what_if is None:
        return {}
    points = [{"value": value, "refund_cents": list(refunds)} for value, refunds in curve]
    return {"what_if": {"term": what_if.path, "values": points}}


def _read_yaml(context: click.Context, file: str) -> ContractFile:
    try:
        return read_contract_file(read_text(file))
    except UnreadableError as error:
        _refuse(context, f"{file}: {error}")


def _terms_of(context: click.Context, file: str, read: ContractFile, history: Sequence[Json] | None) -> Json:
    """The contract as JSON, its holidays those of the months that are computed."""
    written = read.written
    try:
        if history and isinstance(written, dict):
            first = history[0]["contract"]["effective_from"]
            written = {**written, "effective_from": first, "effective_until": None}
        terms: Json = with_dates(written)
        parse_contract(terms)
    except ContractError as error:
        _refuse(context, *(f"{file}:{line}: {problem}" for line, problem in read.by_line(error.problems)))
    return terms


def _read_assumptions(context: click.Context, file: str) -> Assumed:
    read = _read_yaml(context, file)
    try:
        return parse_assumptions(read.written)
    except AssumptionsError as error:
        _refuse(context, *(f"{file}:{line}: {problem}" for line, problem in read.by_line(error.problems)))


def _facts_of(context: click.Context, folder: Path) -> list[Json]:
    """The facts in a folder's files, one client's, by period."""
    found: dict[str, tuple[Path, Json]] = {}
    for file in sorted(folder.glob("*.json")):
        facts = _read_facts(context, file)
        other, client = found.get(facts["period"]), facts["contract"]["client"]
        if other is not None:
            _refuse(context, f"{file}: {facts['period']} is in {other[0].name} already")
        known = next(iter(found.values()), None)
        if known is not None and known[1]["contract"]["client"] != client:
            _refuse(context, f"{file}: is of {client}, {known[0].name} of {known[1]['contract']['client']}")
        found[facts["period"]] = (file, facts)
    if not found:
        _refuse(context, f"{folder}: has no files *.json")
    return [found[period][1] for period in sorted(found)]


def _read_facts(context: click.Context, file: Path) -> Json:
    """The facts in a file, which may be those of a statement."""
    try:
        content = parse_json(read_text(str(file)))
        facts: Json = content["facts"] if isinstance(content, dict) and "facts" in content else content
        parse_facts(facts)
    except UnreadableError as error:
        _refuse(context, f"{file}: {error}")
    except FactsError as error:
        _refuse(context, *(f"{file}: {problem}" for problem in error.problems))
    return facts


def _facts_of_client(client: str, months: int) -> list[Json]:
    """The frozen facts of a client's newest issued months, oldest first."""
    from makegood.storage.changes import known_client  # noqa: PLC0415 - loads AWS, which files do not need
    from makegood.storage.statements import FACTS, statements_of, stored_file  # noqa: PLC0415
    from makegood_cli.connection import connect  # noqa: PLC0415

    connect()
    known_client(client)
    found = [
        json.loads(stored)
        for statement in statements_of(client)[:months]
        if (stored := stored_file(client, statement.period, FACTS)) is not None
    ]
    if not found:
        raise RefusedError(
            f"No statement of {client} is issued yet. Without history, price the terms by --assume FILE."
        )
    return found[::-1]


def _show_progress(runs: int) -> Any:
    def show(done: int) -> None:
        if sys.stderr.isatty() and (done % 10 == 0 or done == runs):
            click.echo(f"\r\x1b[K{f'{done} of {runs} months' if done < runs else ''}", err=True, nl=False)

    return show


def _refuse(context: click.Context, *reasons: str) -> NoReturn:
    for reason in reasons:
        warn(reason)
    context.exit(REFUSED)
    raise AssertionError  # exit raises
