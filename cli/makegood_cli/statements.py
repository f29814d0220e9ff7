"""`makegood statement preview` and `issue`: statements of the clients of a deployment."""

from __future__ import annotations

from typing import Any

import click

from makegood import clock
from makegood.due import ask_for_statement
from makegood.issuing import preview as preview_statement
from makegood.mail.formats import formats_for_operators
from makegood.rules.contracts import moment_of_issue
from makegood.rules.instants import Period, format_instant, period_bounds
from makegood.storage.changes import RefusedError, change_client, known_client, one_after_another
from makegood.storage.contracts import Version, version_of_period, versions_of
from makegood.storage.statements import is_issued
from makegood_cli.connection import connect, operator
from makegood_cli.options import Command, current_options
from makegood_cli.output import duration, length, percent, print_json, say
from makegood_cli.periods import PeriodType
from makegood_cli.tables import print_fields, print_table


@click.command(cls=Command)
@click.argument("client")
@click.argument("period", type=PeriodType())
def preview(client: str, period: Period) -> None:
    """Show a client's statement of PERIOD (such as 2026-03) as it stands now; nothing is issued.

    With --json it carries its facts, as an issued statement does.
    """
    connect()
    known_client(client)
    zone = _covering(client, period).contract.zone
    now = clock.now()
    if now < period_bounds(period, zone)[0]:
        raise RefusedError(f"{period} has not begun: there is nothing to show of it yet.")
    statement = preview_statement(client, period, now).statement
    if current_options().json:
        print_json(statement)
        return
    _print_statement(statement)


@click.command(cls=Command)
@click.argument("client")
@click.argument("period", type=PeriodType())
def issue(client: str, period: Period) -> None:
    """Ask for the statement of PERIOD (such as 2026-03), once its moment of issue has come.

    Makegood issues statements by itself; this is for one that waits in vain. None is issued twice.
    """
    connect()
    asked = _ask(client, period)
    if current_options().json:
        print_json({"client": client, "period": period, "asked": asked})
        return
    say("Asked for; it is on its way in a minute." if asked else "It is issued; nothing to do.")


def _ask(client: str, period: Period) -> bool:
    known_client(client)
    now = clock.now()
    moment = moment_of_issue(_covering(client, period).contract, period)
    if now < moment:
        raise RefusedError(f"The statement of {period} is issued at {format_instant(moment)}, not before.")
    if is_issued(client, period):
        return False
    who = operator(now)
    one_after_another(
        lambda: change_client(who, known_client(client), f"asked for the statement of {period}")
    )
    ask_for_statement(client, period)
    return True


def _covering(client: str, period: Period) -> Version:
    version = version_of_period(versions_of(client), period)
    if version is None:
        raise RefusedError(f"No contract of {client} covers {period}.")
    return version


def _print_statement(statement: dict[str, Any]) -> None:
    money = formats_for_operators(statement["currency"]).money
    say(f"Statement of {statement['client']} for {statement['period']}, as of {statement['as_of']}\n")
    for part, (columns, row) in _PARTS.items():
        if statement[part]:
            print_table(columns, map(row, statement[part]))
    if statement["refunds"]:
        refunds = [
            (line["line"], money(line["earned_cents"]), money(line["payable_cents"]))
            for line in statement["refunds"]
        ]
        print_table(("refund", "earned", "payable"), refunds)
    print_fields(
        {
            "Fee": money(statement["fee_cents"]),
            "Refund": money(statement["refund_cents"]),
            **{
                f"Adjustment of {a['period']}": f"{money(a['cents'])} ({a['reason']})"
                for a in statement["adjustments"]
            },
            "Due": money(statement["due_cents"]),
            "Healthy": _health(statement),
        }
    )


def _health(statement: dict[str, Any]) -> str:
    if not statement["healthy"]:
        return "no"
    pending = [stage["verdict"] for stage in statement["stages"]].count("pending")
    if pending:
        return f"so far: no promise is broken, {pending} {'is' if pending == 1 else 'are'} open"
    # Both are written in the same form, which sorts as time does.
    is_over = statement["as_of"] >= statement["ends_at"]
    return "yes" if is_over else "so far: no promise is broken"


def _stage_row(stage: dict[str, Any]) -> tuple[object, ...]:
    late = stage["late_seconds"]
    cells = (stage[name] for name in ("incident", "stage", "deadline", "done_at", "verdict"))
    return (*cells, duration(late) if late else None)


def _practice_row(line: dict[str, Any]) -> tuple[object, ...]:
    score = line["score_bps"]
    counts = (line[name] for name in ("practice", "done", "missed", "no_evidence", "excused"))
    return (*counts, None if score is None else percent(score), line["verdict"])


def _availability_row(line: dict[str, Any]) -> tuple[object, ...]:
    available = line["availability_bps"]
    lengths = (line[name] for name in ("monitored_seconds", "down_seconds", "maintenance_seconds"))
    unheard = line.get("unmonitored_seconds", 0)
    return (
        line["device"],
        *map(length, [*lengths, unheard]),
        None if available is None else percent(available),
    )


_PARTS = {
    "stages": (("incident", "stage", "deadline", "done at", "verdict", "late"), _stage_row),
    "practices": (
        ("practice", "done", "missed", "no evidence", "excused", "score", "verdict"),
        _practice_row,
    ),
    "availability": (
        ("device", "monitored", "down", "maintenance", "not monitored", "availability"),
        _availability_row,
    ),
}
